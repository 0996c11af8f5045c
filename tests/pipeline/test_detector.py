"""The pipeline as its users meet it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies
from PIL import Image

from studio_detector import Detector, Failure, Report, Settings
from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.registry import Registry
from studio_detector.errors import AnalysisError, ConfigError
from studio_detector.planes import Planes


@pytest.fixture(scope="module")
def detector():
    return Detector()


@pytest.fixture(scope="module")
def photo():
    """A photograph that a dependency ships: uint8 (rows, columns, 3)."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut())


def plain(report):
    return report.to_json(verbose=True, timing=False)


class TestVerdict:
    """Confidence, label and phase belong together."""

    @pytest.mark.parametrize("phases", ["auto", "lighting", "all"])
    def test_the_evidence_adds_up_to_the_confidence(self, photo, phases):
        """Intercept plus all evidence, calibrated, is the confidence of the report."""
        detector = Detector(Settings(phases=phases))
        report = detector.analyse(photo)
        head = detector.model.full if report.phase == "detail" else detector.model.lighting
        total = report.evidence.intercept + sum(t.log_odds for t in report.evidence.terms)

        assert head.calibration.probability(total) == pytest.approx(report.confidence, abs=1e-12)

    def test_detail_runs_only_in_doubt(self, photo):
        """The policy reads the lighting confidence and its two bounds."""
        lighting = Detector(Settings(phases="lighting")).analyse(photo).confidence
        below = Settings(doubt_low=0.0, doubt_high=lighting / 2)
        around = Settings(doubt_low=lighting / 2, doubt_high=(1 + lighting) / 2)

        assert Detector(below).analyse(photo).phase == "lighting"
        assert Detector(around).analyse(photo).phase == "detail"

    def test_the_bounds_of_doubt_are_included(self, photo):
        """A confidence exactly on a bound is in doubt."""
        lighting = Detector(Settings(phases="lighting")).analyse(photo).confidence

        report = Detector(Settings(doubt_low=lighting, doubt_high=lighting)).analyse(photo)

        assert report.phase == "detail"

    def test_a_band_over_everything_makes_every_photo_uncertain(self, photo):
        """The band of the settings goes before the model's own."""
        report = Detector(Settings(uncertain_low=0.0, uncertain_high=1.0)).analyse(photo)

        assert report.label == "uncertain"

    def test_a_band_of_no_width_leaves_only_studio_and_natural(self, photo):
        """The two-way verdict and the label then agree."""
        report = Detector(Settings(uncertain_low=0.5, uncertain_high=0.5)).analyse(photo)

        assert report.label == ("studio" if report.is_studio else "natural")

    def test_components_of_phases_that_did_not_run_are_absent(self, photo):
        """After detail there is a score for every analysis, after lighting for fewer."""
        lighting = Detector(Settings(phases="lighting")).analyse(photo)
        everything = Detector(Settings(phases="all")).analyse(photo)

        assert set(lighting.components) < set(everything.components)
        assert set(everything.components) == {a.SPEC.name for a in Registry.load()}

    def test_a_disabled_analysis_counts_as_missing(self, photo):
        """Its measures add only what the model holds for missing values."""
        detector = Detector(Settings(disabled_analyses=("background",), phases="lighting"))
        report = detector.analyse(photo)
        missing = {s.measure: s.missing for s in detector.model.lighting.shapes}

        assert "background" not in report.measurements
        for term in report.evidence.terms:
            if term.component == "background":
                assert missing[term.measures[0]] == term.log_odds


class TestSameResult:
    """Equal pixels give equal JSON, whichever way they came."""

    def test_path_bytes_file_object_and_array_agree(self, detector, photo, tmp_path):
        """Everything but the path, the file's format and its hash is the same, byte for byte."""
        path = tmp_path / "photo.png"
        Image.fromarray(photo).save(path)
        data = path.read_bytes()

        results = [
            detector.analyse(source, path="x").to_json(timing=False)
            for source in (path, str(path), data, io.BytesIO(data), photo)
        ]

        assert len(set(results)) == 1

    def test_twice_and_in_any_company_is_the_same(self, detector, photo):
        """No state is kept from one photo to the next."""
        other = photo[::-1, :, ::-1].copy()
        alone = plain(detector.analyse(photo))

        batch = list(detector.analyse_many([other, photo, other, photo]))

        assert [alone, alone] == [plain(batch[1]), plain(batch[3])]

    def test_another_process_gives_the_same(self, detector, photo, tmp_path):
        """Hash seeds, caches and import order have no say."""
        path = tmp_path / "photo.png"
        Image.fromarray(photo).save(path)
        program = (
            "import sys; from studio_detector import Detector;"
            "print(Detector().analyse(sys.argv[1]).to_json(verbose=True, timing=False))"
        )

        other = subprocess.check_output([sys.executable, "-c", program, str(path)], text=True)

        assert plain(detector.analyse(path)) == other.strip()

    def test_the_number_of_threads_has_no_say(self, detector, photo):
        """OpenCV may split a kernel over threads; the numbers stay."""
        import cv2

        before = cv2.getNumThreads()
        try:
            results = []
            for threads in (1, 4):
                cv2.setNumThreads(threads)
                results.append(plain(detector.analyse(photo)))
        finally:
            cv2.setNumThreads(before)

        assert results[0] == results[1]


class TestManyPhotos:
    """One bad photo never stops the others."""

    def test_a_bad_photo_becomes_a_failure_in_its_place(self, detector, photo, tmp_path):
        """Order is kept; the failure carries path, code and message."""
        gone = tmp_path / "gone.jpg"

        good, bad, again = detector.analyse_many([photo, gone, photo])

        assert isinstance(good, Report)
        assert isinstance(again, Report)
        assert isinstance(bad, Failure)
        assert ("not_found", str(gone)) == (bad.code, bad.path)
        assert str(gone) in bad.message

    def test_a_failure_has_no_verdict(self, detector):
        """JSON of a failure keeps the two keys at its heart, as null."""
        (failure,) = detector.analyse_many([b"no picture"])

        line = json.loads(failure.to_json())

        assert line["is_studio"] is None
        assert line["confidence"] is None
        assert set(line["error"]) == {"code", "message"}

    def test_photos_are_taken_one_at_a_time(self, detector, photo):
        """An endless source works."""

        def endless():
            while True:
                yield photo

        outcomes = detector.analyse_many(endless())

        assert isinstance(next(outcomes), Report)
        assert isinstance(next(outcomes), Report)


class TestTrouble:
    """What goes wrong has a name and a next step."""

    SPEC = AnalysisSpec(
        name="faulty",
        version=1,
        phase="lighting",
        title="Faulty",
        summary="",
        measures=(MeasureSpec(name="x", summary="", unit="1", low=0, high=1),),
    )

    def test_an_analysis_that_raises_is_named(self, photo):
        """A plugin's defect does not look like a bad photo."""

        def measure(planes):
            raise ZeroDivisionError("of course")

        faulty = SimpleNamespace(SPEC=self.SPEC, measure=measure)

        with pytest.raises(AnalysisError, match=r"'faulty'.*ZeroDivisionError: of course"):
            Detector(registry=Registry.of([faulty])).analyse(photo)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"values": {"x": None}}, r"reasons for \[\] where \['x'\] are missing"),
            ({"values": {"x": 0.5}, "missing": {"x": "dark"}}, r"reasons for \['x'\]"),
            ({"values": {"x": float("nan")}}, "not finite"),
            ({"values": {}}, r"it has \[\] where \['x'\] are declared"),
            ({"values": {"x": 0.5, "y": 0.5}}, r"\['x', 'y'\]"),
            ({"values": {"x": 0.5}, "analysis": "other"}, "of 'other', version 1"),
            ({"values": {"x": 0.5}, "version": 2}, "of 'faulty', version 2"),
        ],
    )
    def test_an_analysis_that_gives_what_it_does_not_declare_is_named(self, photo, given, said):
        """Or a service would take its pictures for hostile."""
        found = Measurement(**({"analysis": "faulty", "version": 1} | given))
        faulty = SimpleNamespace(SPEC=self.SPEC, measure=lambda _: found)

        with pytest.raises(AnalysisError, match=f"'faulty'.*ValueError: .*{said}"):
            Detector(registry=Registry.of([faulty])).analyse(photo)

    def test_an_unknown_model_is_refused_before_any_photo(self):
        """Settings are checked when the detector is built."""
        with pytest.raises(ConfigError, match="'cuse'") as caught:
            Detector(Settings(model="cuse"))

        assert caught.value.code == "unknown_model"

    @given(
        picture=numpy_strategies.arrays(
            dtype=st.sampled_from(["uint8", "uint16", "float32", "float64", "int64", "bool"]),
            shape=st.one_of(
                st.tuples(st.integers(0, 40), st.integers(0, 40)),
                st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(0, 5)),
            ),
        )
    )
    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_any_array_gives_a_verdict_or_an_error_of_ours(self, detector, picture):
        """Whatever the shape, the dtype and the values."""
        (outcome,) = detector.analyse_many([picture])

        json.loads(outcome.to_json(verbose=True))
        if isinstance(outcome, Failure):
            assert outcome.code in {"invalid_array", "limit_aspect"}
        else:
            assert 0 <= outcome.confidence <= 1

    @pytest.mark.parametrize(
        "shape", [(1, 1), (1, 40), (40, 1), (8, 8), (600, 30), (30, 600)], ids=str
    )
    @pytest.mark.parametrize("level", [0, 127, 255])
    def test_the_smallest_and_plainest_pictures_get_a_verdict(self, shape, level):
        """Missing measurements are missing, not invented; the verdict stands all the same."""
        report = Detector(Settings(phases="all")).analyse(np.full((*shape, 3), level, np.uint8))

        assert 0 <= report.confidence <= 1
        for name, measurement in report.measurements.items():
            for measure, value in measurement.values.items():
                assert (value is None) == (measure in measurement.missing), f"{name}.{measure}"


class TestInSteps:
    """For who wants to keep the picture and its planes."""

    def test_decoding_and_analysing_apart_give_the_same_report(self, photo):
        detector = Detector(Settings(model="rules"))

        frame = detector.decode(photo)

        assert plain(detector.analyse_frame(frame)) == plain(detector.analyse(photo))

    def test_planes_handed_in_are_those_measured(self, photo):
        """So that what is drawn from them is what was measured."""
        detector = Detector(Settings(model="rules"))
        frame = detector.decode(photo)
        planes = Planes(np.ascontiguousarray(frame.rgb[:, ::-1]))

        found = detector.analyse_frame(frame, planes=planes).measurements

        assert found == detector.analyse(frame.rgb[:, ::-1]).measurements

    def test_the_band_is_that_of_the_settings_before_the_models(self):
        model = Detector(Settings(model="rules"))
        chosen = Detector(Settings(model="rules", uncertain_low=0.45))

        assert (model.model.uncertain_low, model.model.uncertain_high) == model.uncertain_band
        assert (0.45, model.model.uncertain_high) == chosen.uncertain_band
