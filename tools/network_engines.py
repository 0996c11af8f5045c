"""How far the network's engines differ, and what they cost: the tables in docs/network.md.

Usage: network_engines.py [COUNT] (reads the photo set named by STUDIO_PHOTOS; needs the extra
``fast``). Both engines see the same pictures in turn, on one thread, and their CPU time is
read; loading takes a fresh process for each engine, and Linux to tell its memory.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path
from time import process_time

import cv2
import numpy as np
import onnxruntime

from studio_detector import Detector, Settings
from studio_detector.analysis.network.engine import INPUT_SIDE_PX, read_weights
from studio_detector.analysis.network.engines import open_engine
from studio_detector.imaging import load
from studio_detector.learning.dataset import read_dataset

_ENGINES = ("opencv", "onnxruntime")
_BATCHES = (1, 4, 8, 16)
_ROUNDS = 15
_LOAD = """
import pathlib, re, time
from studio_detector.analysis.network import network
import numpy as np
from studio_detector.analysis.network.engines import open_engine
status = pathlib.Path("/proc/self/status")
kibibytes = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
start, before = time.process_time(), kibibytes()
open_engine({name!r}).logit(np.zeros((1, 3, 160, 160), np.float32))
print((time.process_time() - start) * 1000, (kibibytes() - before) / 1024)
"""


def main() -> None:
    """Print how far they differ, what a picture costs, in batches too, and what loading costs."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    cv2.setNumThreads(1)
    names = [photo.path for photo in read_dataset(Path(os.environ["STUDIO_PHOTOS"])).photos]
    compare(names[:: max(1, len(names) // count)][:count])
    batches()
    loading()


def compare(files: list[Path]) -> None:
    """Both engines on the same photographs."""
    detectors = [Detector(Settings(network_engine=name, phases="lighting")) for name in _ENGINES]
    logits, confidences, milliseconds = [], [], {name: [] for name in _ENGINES}
    flips = labels = 0
    for file in files:
        frame = load(file)
        reports = [detector.analyse_frame(frame) for detector in detectors]
        one, other = reports
        logits.append([r.measurements["network"].values["studio_logit"] for r in reports])
        confidences.append([r.confidence for r in reports])
        flips += one.is_studio != other.is_studio
        labels += one.label != other.label
        square = cv2.resize(frame.rgb, (INPUT_SIDE_PX,) * 2, interpolation=cv2.INTER_AREA)
        pixels = np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32)
        for name in _ENGINES:
            start = process_time()
            open_engine(name).logit(pixels)
            milliseconds[name].append((process_time() - start) * 1000)
    print(f"{len(files)} photographs")
    for title, pairs in (("logit", logits), ("confidence", confidences)):
        print(f"  largest difference of the {title}: {np.abs(np.diff(pairs)).max():.1e}")
    print(f"  verdicts that differ: {flips}, labels that differ: {labels}")
    for name, values in milliseconds.items():
        print(f"  {open_engine(name).name}: median {statistics.median(values):.2f} ms")


def batches() -> None:
    """Milliseconds a picture when several are computed at once, by the libraries themselves."""
    net = cv2.dnn.readNetFromONNX(np.frombuffer(read_weights(), dtype=np.uint8))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        read_weights(), options, providers=["CPUExecutionProvider"]
    )

    def by_opencv(pixels: np.ndarray) -> None:
        net.setInput(pixels)
        net.forward()

    calls = {"opencv": by_opencv, "onnxruntime": lambda p: session.run(None, {"pixels": p})}
    shape = (max(_BATCHES), 3, INPUT_SIDE_PX, INPUT_SIDE_PX)
    pictures = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    found: dict[tuple[str, int], list[float]] = {}
    # OpenCV plans anew when the size of the batch changes, hence a call before the timed one.
    for size in _BATCHES:
        for _ in range(_ROUNDS + 1):
            for name, call in calls.items():
                start = process_time()
                call(pictures[:size])
                found.setdefault((name, size), []).append((process_time() - start) * 1000 / size)
    for (name, size), values in sorted(found.items(), reverse=True):
        print(f"  {name}, {size:2} at once: {statistics.median(values[1:]):.2f} ms a picture")


def loading() -> None:
    """What a fresh process pays for the engine, over what it pays for OpenCV and NumPy anyway."""
    for name in _ENGINES:
        command = [sys.executable, "-c", _LOAD.format(name=name)]
        runs = [
            subprocess.run(command, check=True, capture_output=True, text=True)
            for _ in range(_ROUNDS)
        ]
        figures = np.array([run.stdout.split() for run in runs], dtype=np.float64)
        milliseconds, mebibytes = np.median(figures, axis=0)
        print(f"  {name}: {milliseconds:.0f} ms and {mebibytes:.0f} MiB to load and run once")


if __name__ == "__main__":
    main()
