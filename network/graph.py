"""Write a trained Lite0 as an ONNX graph, node by node (no tracing exporter needed).

Convolution weights can be stored as fp16 or as int8 with a scale per output channel (``Cast``
and ``Mul`` restore them when the model is loaded; the arithmetic stays fp32), which every
runtime reads, OpenCV's DNN included.

Input ``pixels``: float32, N x 3 x S x S, RGB, values 0..255.  ``(x - 127) / 128`` is the first
thing in the graph.  Output ``logit``: float32, N x 1, log-odds of studio light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from lite0 import PIXEL_MEAN, PIXEL_SCALE, ConvNorm, Lite0, same_padding

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 17
IR_VERSION = 9


class GraphWriter:
    """Collects nodes and constants."""

    def __init__(self, storage: str = "fp32") -> None:
        self.storage = storage
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._constant("six", np.array(6, np.float32))
        self._constant("nought", np.array(0, np.float32))

    def _constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _stored(self, name: str, weight: NDArray[np.float32]) -> str:
        """A convolution weight in the storage chosen."""
        if self.storage == "fp32":
            return self._constant(name, weight)
        if self.storage == "fp16":
            half = self._constant(f"{name}.fp16", weight.astype(np.float16))
            return self.add("Cast", name, [half], to=TensorProto.FLOAT)
        scale = np.abs(weight).max(axis=(1, 2, 3), keepdims=True) / 127
        scale = np.where(scale > 0, scale, 1).astype(np.float32)
        small = self._constant(f"{name}.int8", np.rint(weight / scale).astype(np.int8))
        whole = self.add("Cast", f"{name}.cast", [small], to=TensorProto.FLOAT)
        return self.add("Mul", name, [whole, self._constant(f"{name}.scale", scale)])

    def add(self, kind: str, name: str, inputs: list[str], **attributes: object) -> str:
        """Append a node whose one output bears its name."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def conv(self, layer: ConvNorm, name: str, x: str, side: int) -> tuple[str, int]:
        """A folded convolution, and the side of its output."""
        weight, bias = layer.folded()
        before, after = same_padding(side, layer.kernel, layer.stride)
        inputs = [
            x,
            self._stored(f"{name}.weight", weight.numpy()),
            self._constant(f"{name}.bias", bias.numpy()),
        ]
        out = self.add(
            "Conv",
            name,
            inputs,
            group=layer.groups,
            kernel_shape=[layer.kernel] * 2,
            strides=[layer.stride] * 2,
            pads=[before, before, after, after],
        )
        if layer.act:
            out = self.add("Clip", f"{name}.relu6", [out, "nought", "six"])
        return out, -(-side // layer.stride)

    def normalise(self, x: str) -> str:
        """``(x - 127) / 128``."""
        mean = self._constant("pixel.mean", np.array(PIXEL_MEAN, np.float32))
        scale = self._constant("pixel.scale", np.array(1 / PIXEL_SCALE, np.float32))
        return self.add("Mul", "pixel.scaled", [self.add("Sub", "pixel.centred", [x, mean]), scale])

    def head(self, model: Lite0, x: str, output: str) -> str:
        """Global mean and linear layer."""
        x = self.add("GlobalAveragePool", "pool", [x])
        x = self.add("Flatten", "features", [x], axis=1)
        weight = self._constant("head.weight", model.head.weight.numpy())
        bias = self._constant("head.bias", model.head.bias.numpy())
        return self.add("Gemm", output, [x, weight, bias], transB=1)


@torch.no_grad()
def to_onnx(model: Lite0, side: int, note: str = "", storage: str = "fp32") -> onnx.ModelProto:
    """The checked ONNX model for one input size and any batch size."""
    writer = GraphWriter(storage)
    x, size = writer.conv(model.stem, "stem", writer.normalise("pixels"), side)
    for i, block in enumerate(model.blocks):
        start = x
        if block.expand is not None:
            x, size = writer.conv(block.expand, f"block{i}.expand", x, size)
        x, size = writer.conv(block.depthwise, f"block{i}.depthwise", x, size)
        x, size = writer.conv(block.project, f"block{i}.project", x, size)
        if block.residual:
            x = writer.add("Add", f"block{i}.sum", [start, x])
    x, size = writer.conv(model.top, "top", x, size)
    writer.head(model, x, "logit")
    graph = helper.make_graph(
        writer.nodes,
        "lite0_studio",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 3, side, side])],
        [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N", 1])],
        writer.constants,
    )
    out = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="studio-detector",
        doc_string=note,
    )
    out.ir_version = IR_VERSION
    onnx.checker.check_model(out)
    return onnx.shape_inference.infer_shapes(out)
