"""What every overlay keeps, on every picture."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from studio_detector.analysis.base import Measurement
from studio_detector.analysis.lighting import shadow
from studio_detector.analysis.registry import Registry
from studio_detector.errors import ConfigError
from studio_detector.imaging import load
from studio_detector.planes import Planes
from studio_detector.reporting.overlays import OVERLAYS, draw, draw_all, png_bytes
from synthetic_scenes import SAMPLES, sample

ROOT = Path(__file__).resolve().parents[3]
_RNG = np.random.default_rng(4)


def _noise(*shape):
    return _RNG.integers(0, 256, shape, dtype=np.uint8)


def _grey(rows, columns):
    return np.repeat(_noise(rows, columns, 1), 3, axis=2)


#: Pictures in which there is little or nothing to measure.
ODD = {
    "one pixel": _noise(1, 1, 3),
    "one row": _noise(1, 300, 3),
    "one column": _noise(300, 1, 3),
    "two by two": _noise(2, 2, 3),
    "tiny": _noise(23, 40, 3),
    "very wide": _noise(26, 700, 3),
    "black": np.zeros((60, 80, 3), dtype=np.uint8),
    "white": np.full((80, 60, 3), 255, dtype=np.uint8),
    "flat grey": np.full((300, 200, 3), 128, dtype=np.uint8),
    "monochrome": _grey(120, 180),
    "noise": _noise(200, 200, 3),
    "larger than the sheet": np.kron(_noise(30, 20, 3), np.ones((30, 30, 1), dtype=np.uint8)),
}


def _logit(planes):
    return float(planes.reduced.luma.std()) / 20 - 1


def _drawn(rgb):
    return list(draw_all(Planes(rgb), logit=_logit))


@pytest.mark.parametrize("rgb", ODD.values(), ids=ODD.keys())
def test_every_picture_has_every_overlay(rgb):
    """Nothing raises, and each is a sheet of 512 columns that refuses writing."""
    overlays = _drawn(rgb)

    assert list(OVERLAYS) == [overlay.name for overlay in overlays]
    for overlay in overlays:
        kind = OVERLAYS[overlay.name]
        assert (kind.component, kind.title) == (overlay.component, overlay.title)
        assert overlay.rgb.dtype == np.uint8
        assert overlay.rgb.shape[1:] == (512, 3)
        assert 60 < overlay.rgb.shape[0] < 900
        assert overlay.rgb.flags.c_contiguous
        assert not overlay.rgb.flags.writeable


@pytest.mark.parametrize("name", [*SAMPLES[:3], "low_key"])
def test_captions_are_one_to_four_sentences_of_plain_words(name):
    """They are the alternative text too: no markup, no line breaks, nothing endless."""
    for overlay in _drawn(sample(name)):
        assert overlay.caption.endswith(".")
        assert overlay.caption.isprintable()
        assert 30 < len(overlay.caption) < 420
        assert not set("<>&") & set(overlay.caption)
        assert "nan" not in overlay.caption.lower().split()


@pytest.mark.parametrize("key", ["tiny", "monochrome", "very wide"])
def test_equal_pictures_give_equal_bytes(key):
    """Wherever in memory they lie, and whatever was drawn before."""
    first = [(o.caption, png_bytes(o.rgb)) for o in _drawn(ODD[key])]
    shifted = np.empty(ODD[key].size + 1, dtype=np.uint8)[1:].reshape(ODD[key].shape)
    shifted[:] = ODD[key]

    second = [(o.caption, png_bytes(o.rgb)) for o in _drawn(shifted)]

    assert first == second


def test_overlays_come_in_the_order_of_the_phases():
    """Lighting, detail, and the evidence at the end."""
    order = [a.SPEC.name for a in Registry.load() if a.SPEC.name != "network"] + ["evidence"]
    places = [order.index(kind.component) for kind in OVERLAYS.values()]

    assert sorted(places) == places
    assert set(order) == {kind.component for kind in OVERLAYS.values()}


def test_without_a_model_the_evidence_is_left_out():
    names = [overlay.name for overlay in draw_all(Planes(sample("packshot")))]

    assert [name for name in OVERLAYS if name != "evidence_map"] == names


def test_the_evidence_alone_needs_a_model():
    with pytest.raises(ConfigError, match="needs a model"):
        draw("evidence_map", Planes(sample("packshot")))


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'highlights'") as caught:
        draw("highlight", Planes(sample("packshot")))

    assert caught.value.code == "config_invalid_value"


def test_captions_quote_the_report():
    """Not a second measurement that could differ from it."""
    planes = Planes(sample("one_soft_light"))
    values = dict(shadow.measure(planes).values)
    values["penumbra_percent"] = 77.7
    quoted = SimpleNamespace(
        measurements={"shadow": Measurement(analysis="shadow", version=1, values=values)}
    )

    assert "77.7 %" in draw("shadow_softness", planes, quoted).caption
    assert "77.7 %" not in draw("shadow_softness", planes).caption


def test_what_cannot_be_measured_says_why():
    """In the words of the analysis, on the sheet and in the caption."""
    planes = Planes(ODD["two by two"])

    for name in ("focus_grid", "saliency", "texture_regions"):
        assert "under 24 px" in draw(name, planes).caption
    assert "No slope could be fitted" in draw("power_spectrum", planes).caption


def test_every_overlay_is_in_the_documentation():
    """Under its name, with the plane it is drawn from and how to read it."""
    page = (ROOT / "docs" / "overlays.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in page.split("\n## ")[1:]}

    for name, kind in OVERLAYS.items():
        section = sections[f"{kind.title} (`{name}`)"]
        assert "**Drawn:**" in section
        assert "**From:**" in section
        assert "**Read:**" in section


@pytest.mark.photos
def test_photographs_have_every_overlay(photos_folder):
    """The first, a middle and the last of the set."""
    photos = sorted((photos_folder / "images").iterdir())

    for photo in (photos[0], photos[len(photos) // 2], photos[-1]):
        planes = Planes(load(photo, working_size_px=512).rgb)
        assert len(OVERLAYS) - 1 == len(list(draw_all(planes)))
