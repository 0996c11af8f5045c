"""What every analysis must do, whatever it measures; each analysis test subclasses this.

.. code-block:: python

    from analysis.base_analysis_test import BaseAnalysisTest


    class TestShadow(BaseAnalysisTest):
        analysis = shadow
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synthetic_scenes
from studio_detector.planes import Planes

if TYPE_CHECKING:
    from studio_detector.analysis.base import Analysis, Measurement, MeasureSpec

DOCS = Path(__file__).resolve().parents[2] / "docs" / "analyses"

#: Awkward pictures: (rows, columns) by what they stand for.
ODD_SHAPES = {
    "one pixel": (1, 1),
    "two pixels": (1, 2),
    "a row": (1, 64),
    "a column": (64, 1),
    "three rows": (3, 50),
    "tiny": (8, 8),
    "odd sides": (17, 23),
    "20:1 upright": (512, 26),
    "20:1 lying": (26, 512),
}
FLAT_COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "mid-grey": (119, 119, 119),
    "pure red": (255, 0, 0),
    "blue": (40, 70, 200),
}


class BaseAnalysisTest:
    """Shared tests; subclasses set `analysis` and may widen the tolerances below.

    Attributes:
        analysis: The module (or object) under test.
        mirror_tolerance: Largest change under mirroring, as a share of the measure's scale.
        nuisance_ratio: Largest typical change under JPEG coding or halving, as a share of
            the spread of the measure over the sample scenes.
        jpeg_sensitive: Measures that look at what JPEG coding itself changes (noise, say).
        size_sensitive: Measures that depend on the number of pixels by their nature.
    """

    analysis: ClassVar[Analysis]
    mirror_tolerance: ClassVar[float] = 0.02
    nuisance_ratio: ClassVar[float] = 0.35
    jpeg_sensitive: ClassVar[frozenset[str]] = frozenset()
    size_sensitive: ClassVar[frozenset[str]] = frozenset()

    # The specification

    def test_specification_is_complete(self) -> None:
        """Every measure has a name of our form, a meaning, a unit and an ordered range."""
        spec = self.analysis.SPEC
        names = [measure.name for measure in spec.measures]
        assert len(set(names)) == len(names)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", spec.name)
        assert spec.version >= 1
        assert spec.title
        assert spec.summary
        for measure in spec.measures:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", measure.name), measure.name
            assert measure.summary, measure.name
            assert measure.unit, measure.name
            assert measure.low < measure.high, measure.name

    def test_a_negated_measure_has_a_symmetric_range(self) -> None:
        """What changes sign in the mirror must be able to take both signs."""
        for measure in self._measures():
            if measure.mirror == "negated":
                assert measure.low == -measure.high, measure.name

    def test_the_analysis_has_a_page(self) -> None:
        """docs/analyses holds a page with the place for the generated table of measures."""
        page = (DOCS / f"{self.analysis.SPEC.name}.md").read_text(encoding="utf-8")
        assert page.count("<!-- measures:begin -->") == 1
        assert page.count("<!-- measures:end -->") == 1

    # Any picture

    @pytest.mark.parametrize("scene", synthetic_scenes.SAMPLES)
    def test_scene_is_measured_within_the_declared_ranges(self, scene: str) -> None:
        self._check(self._measure(synthetic_scenes.sample(scene)))

    @pytest.mark.parametrize("shape", ODD_SHAPES.values(), ids=ODD_SHAPES.keys())
    @pytest.mark.parametrize("content", ["noise", "ramp", "flat"])
    def test_odd_shape_is_measured_or_explained(self, shape: tuple[int, int], content: str) -> None:
        rows, columns = shape
        rng = np.random.default_rng(rows * 1000 + columns)
        if content == "noise":
            rgb = rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
        elif content == "ramp":
            ramp = np.linspace(0, 255, rows * columns * 3).reshape(rows, columns, 3)
            rgb = ramp.astype(np.uint8)
        else:
            rgb = np.full((rows, columns, 3), 200, dtype=np.uint8)
        self._check(self._measure(rgb))

    @pytest.mark.parametrize("colour", FLAT_COLOURS.values(), ids=FLAT_COLOURS.keys())
    @pytest.mark.parametrize("shape", [(96, 128), (1, 1), (8, 8)], ids=str)
    def test_one_colour_is_measured_or_explained(
        self, colour: tuple[int, int, int], shape: tuple[int, int]
    ) -> None:
        self._check(self._measure(np.full((*shape, 3), colour, dtype=np.uint8)))

    # Every analysis inherits this test: that is many executors by design.
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.differing_executors],
    )
    @given(
        rows=st.integers(1, 72),
        columns=st.integers(1, 72),
        seed=st.integers(0, 2**16),
        levels=st.sampled_from([1, 2, 3, 256]),
        window_px=st.sampled_from([1, 5]),
    )
    def test_any_picture_is_measured_or_explained(
        self, rows: int, columns: int, seed: int, levels: int, window_px: int
    ) -> None:
        """No shape and no content raises, leaves the range or gives a NaN."""
        rng = np.random.default_rng(seed)
        rgb = rng.integers(0, levels, (rows, columns, 3)) * (255 // max(1, levels - 1))
        rgb = rgb.clip(0, 255).astype(np.uint8)
        rgb = cv2.blur(rgb, (window_px, window_px)).reshape(rows, columns, 3)
        self._check(self._measure(rgb))

    # Equal pictures, equal numbers

    @pytest.mark.parametrize("scene", synthetic_scenes.SAMPLES)
    def test_measuring_again_gives_equal_floats(self, scene: str) -> None:
        """Neither a second run nor planes another analysis has used change a bit."""
        rgb = synthetic_scenes.sample(scene)
        planes = Planes(rgb)
        first = self.analysis.measure(planes)
        assert first == self.analysis.measure(planes)
        assert first == self._measure(rgb)

    @pytest.mark.parametrize("scene", synthetic_scenes.SAMPLES)
    def test_mirroring_does_what_each_measure_declares(self, scene: str) -> None:
        rgb = synthetic_scenes.sample(scene)
        plain = self._measure(rgb).values
        mirrored = self._measure(np.ascontiguousarray(rgb[:, ::-1])).values
        for measure in self._measures():
            value, other = plain[measure.name], mirrored[measure.name]
            if measure.mirror == "varies":
                continue
            assert (value is None) == (other is None), measure.name
            if value is None or other is None:
                continue
            expected = -value if measure.mirror == "negated" else value
            tolerance = self.mirror_tolerance * self._scale(measure, value)
            assert expected == pytest.approx(other, abs=tolerance), measure.name

    # Nuisances

    def test_jpeg_coding_changes_less_than_the_scene_does(self) -> None:
        """Quality 85 moves a measure typically by less than a share of its spread."""
        self._check_nuisance(synthetic_scenes.as_jpeg, exempt=self.jpeg_sensitive)

    def test_half_size_changes_less_than_the_scene_does(self) -> None:
        """Halving the picture moves a measure typically by less than a share of its spread."""
        self._check_nuisance(synthetic_scenes.halved, exempt=self.size_sensitive)

    # Helpers

    def _measures(self) -> tuple[MeasureSpec, ...]:
        return self.analysis.SPEC.measures

    def _measure(self, rgb: np.ndarray) -> Measurement:
        return self.analysis.measure(Planes(rgb))

    def _check(self, measurement: Measurement) -> None:
        spec = self.analysis.SPEC
        assert spec.name == measurement.analysis
        assert spec.version == measurement.version
        assert [measure.name for measure in spec.measures] == list(measurement.values)
        for measure in spec.measures:
            value = measurement.values[measure.name]
            if value is None:
                assert measurement.missing[measure.name], measure.name
                continue
            assert measure.name not in measurement.missing
            assert math.isfinite(value), measure.name
            assert measure.low <= value <= measure.high, measure.name

    @staticmethod
    def _scale(measure: MeasureSpec, value: float) -> float:
        span = measure.high - measure.low
        return span if math.isfinite(span) else abs(value) + 1

    def _check_nuisance(self, change: object, *, exempt: frozenset[str]) -> None:
        assert exempt <= {measure.name for measure in self._measures()}
        plain, changed = [], []
        for scene in synthetic_scenes.SAMPLES:
            rgb = synthetic_scenes.sample(scene)
            plain.append(self._measure(rgb).values)
            changed.append(self._measure(change(rgb)).values)
        too_large = {}
        for measure in self._measures():
            pairs = [
                (before[measure.name], after[measure.name])
                for before, after in zip(plain, changed, strict=True)
                if before[measure.name] is not None and after[measure.name] is not None
            ]
            if measure.name in exempt or len(pairs) < 4:
                continue
            before, after = np.array(pairs).T
            spread = float(before.std())
            typical = float(np.median(np.abs(after - before)))
            if typical > self.nuisance_ratio * spread + 1e-9:
                too_large[measure.name] = f"{typical:.4g} against a spread of {spread:.4g}"
        assert too_large == {}
