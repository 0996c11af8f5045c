"""Every engine computes the same network: one contract, and the rule by which one is chosen."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np
import pytest

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector import Detector, Settings
from studio_detector.analysis.network import engines, network
from studio_detector.analysis.network.engine import INPUT_SIDE_PX
from studio_detector.analysis.network.onnxruntime import OnnxRuntimeEngine
from studio_detector.analysis.network.opencv import OpenCvEngine
from studio_detector.analysis.registry import Registry
from studio_detector.errors import MissingExtraError
from studio_detector.imaging import load
from studio_detector.planes import Planes

if TYPE_CHECKING:
    from studio_detector.analysis.network.engine import Engine, EngineName

#: Over 300 photographs the engines differ by 4e-6 at most (docs/network.md); a verdict turns
#: on hundredths.
AGREEMENT = 1e-4

needs_onnxruntime = pytest.mark.skipif(
    find_spec("onnxruntime") is None, reason="needs the extra fast"
)


def noise(seed):
    samples = np.random.default_rng(seed).integers(0, 256, (1, 3, INPUT_SIDE_PX, INPUT_SIDE_PX))
    return samples.astype(np.float32)


@pytest.fixture
def without_onnxruntime(monkeypatch):
    """As if the extra were not installed."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    engines.open_engine.cache_clear()
    yield
    engines.open_engine.cache_clear()


class EngineContract(BaseAnalysisTest):
    """What every engine promises; the analysis computed by it is tested like any other.

    Attributes:
        name: By which the engine is asked for.
        kind: Its class.
    """

    name: ClassVar[EngineName]
    kind: ClassVar[type[Engine]]

    @property
    def engine(self):
        """The one that everybody shares."""
        return engines.open_engine(self.name)

    def test_it_is_opened_by_its_name_and_once(self):
        """Reading the weights costs more than computing with them."""
        assert isinstance(engines.open_engine(self.name), self.kind)
        assert engines.open_engine(self.name) is engines.open_engine(self.name)
        assert engines.open_engine(self.name).name.startswith(self.name)

    def test_it_agrees_with_the_others(self):
        """On coloured noise, grey noise and flat pictures alike; OpenCV is the reference."""
        reference = engines.open_engine("opencv")
        grey = [noise(seed).mean(axis=1, keepdims=True).repeat(3, axis=1) for seed in range(4)]
        flat = [np.full_like(grey[0], level) for level in (0, 60, 119, 200, 255)]
        for pixels in (*map(noise, range(4)), *grey, *flat):
            assert reference.logit(pixels) == pytest.approx(
                self.engine.logit(pixels), abs=AGREEMENT
            )

    def test_the_pictures_before_leave_no_trace(self):
        """Alone or among others, in any order: the same to the last bit."""
        pictures = [noise(seed) for seed in range(4)]
        alone = [self.kind().logit(picture) for picture in pictures]

        assert len(set(alone)) == len(alone)
        assert alone == [self.engine.logit(picture) for picture in pictures]
        assert alone[::-1] == [self.engine.logit(picture) for picture in pictures[::-1]]

    def test_many_callers_at_once_get_what_one_gets_alone(self):
        """Sixteen pictures through four threads."""
        pictures = [noise(seed) for seed in range(4)] * 4
        alone = [self.engine.logit(picture) for picture in pictures]

        with ThreadPoolExecutor(4) as pool:
            assert alone == list(pool.map(self.engine.logit, pictures))

    def test_the_number_of_threads_changes_nothing(self):
        """Whatever the process allows OpenCV."""
        before = cv2.getNumThreads()
        try:
            cv2.setNumThreads(1)
            one = self.engine.logit(noise(7))
            cv2.setNumThreads(4)
            assert one == self.engine.logit(noise(7)) == self.kind().logit(noise(7))
        finally:
            cv2.setNumThreads(before)

    def test_the_input_is_left_as_it_was(self):
        """Engines may keep buffers, but not in ours."""
        pixels = noise(3)
        self.engine.logit(pixels)

        assert np.array_equal(noise(3), pixels)

    def test_the_detector_uses_the_engine_asked_for(self, monkeypatch):
        """From the setting to the measurement."""
        picture = scenes.one_soft_light().rgb
        expected = network.Network(self.name).measure(Planes(picture))
        opened = []
        open_engine = engines.open_engine
        monkeypatch.setattr(
            network, "open_engine", lambda name: opened.append(name) or open_engine(name)
        )

        report = Detector(Settings(network_engine=self.name)).analyse(picture)

        assert [self.name] == opened
        assert expected == report.measurements["network"]


class TestOpenCv(EngineContract):
    analysis = network.Network("opencv")
    name = "opencv"
    kind = OpenCvEngine


@needs_onnxruntime
class TestOnnxRuntime(EngineContract):
    analysis = network.Network("onnxruntime")
    name = "onnxruntime"
    kind = OnnxRuntimeEngine


@needs_onnxruntime
def test_it_keeps_no_identifier_and_reports_to_nobody(tmp_path):
    """Version 1.32 reports to its maker by default, which begins with a file at home."""
    program = (
        "import numpy as np\n"
        "from studio_detector.analysis.network.engines import open_engine\n"
        "open_engine('onnxruntime').logit(np.zeros((1, 3, 160, 160), np.float32))\n"
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))
    }
    subprocess.run(
        [sys.executable, "-c", program], env=environment | {"HOME": str(tmp_path)}, check=True
    )

    assert [] == list(tmp_path.iterdir())


@needs_onnxruntime
def test_auto_is_onnx_runtime_where_it_is_installed():
    """Whoever installs the extra wants it used."""
    assert engines.open_engine("auto") is engines.open_engine("onnxruntime")


@pytest.mark.usefixtures("without_onnxruntime")
def test_auto_is_opencv_elsewhere():
    """The core install computes everything."""
    assert isinstance(engines.open_engine("auto"), OpenCvEngine)
    assert Detector().analyse(scenes.one_soft_light().rgb).timing.network_ms is not None


@pytest.mark.usefixtures("without_onnxruntime")
def test_an_engine_asked_for_by_name_must_be_there():
    """Said when the detector is built, not with the first photo, and with the way out."""
    with pytest.raises(MissingExtraError, match=r"studio-detector\[fast\]"):
        Detector(Settings(network_engine="onnxruntime"))
    with pytest.raises(MissingExtraError, match=r"studio-detector\[fast\]"):
        engines.open_engine("onnxruntime")


@pytest.mark.usefixtures("without_onnxruntime")
def test_an_engine_nobody_needs_may_be_absent():
    """A disabled network asks for nothing."""
    disabled = Settings(network_engine="onnxruntime", disabled_analyses=("network",))

    assert "network" not in Detector(disabled).analyse(scenes.hard_sun().rgb).measurements


def test_models_without_the_network_open_no_engine(monkeypatch):
    """Whoever chooses `cues` does not pay for reading the weights."""

    def refuse(name):
        raise AssertionError(name)

    monkeypatch.setattr(network, "open_engine", refuse)

    Detector(Settings(model="cues")).analyse(scenes.hard_sun().rgb)


def test_only_the_network_is_offered_an_engine():
    """The other analyses stay the modules they are."""
    by_default, by_name = Registry.load(), Registry.load(network_engine="opencv")
    changed = [
        a.SPEC.name
        for a, b in zip(by_default.analyses, by_name.analyses, strict=True)
        if a is not b
    ]

    assert ["network"] == changed


@needs_onnxruntime
@pytest.mark.photos
def test_no_verdict_turns_on_the_engine(photos_folder):
    """Sixty photographs: logits within rounding, verdicts and labels the same."""
    with (photos_folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        files = sorted(row["file"] for row in csv.DictReader(table))[::40][:60]
    detectors = [
        Detector(Settings(network_engine=name, phases="lighting"))
        for name in ("opencv", "onnxruntime")
    ]
    for file in files:
        frame = load(photos_folder / file)
        one, other = (detector.analyse_frame(frame) for detector in detectors)
        logits = [r.measurements["network"].values["studio_logit"] for r in (one, other)]
        assert logits[0] == pytest.approx(logits[1], abs=AGREEMENT), file
        assert (one.is_studio, one.label) == (other.is_studio, other.label), file
