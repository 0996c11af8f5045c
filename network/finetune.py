"""Fine-tune EfficientNet-Lite0 to tell studio from natural light: one command, seeded, on a CPU.

    python finetune.py --name seed0 [--seed 0 --side 160 --epochs 7 ...]

Writes RUNS/NAME.pt and RUNS/NAME.json (the recipe). Trains on all decided pictures of
``split=train`` (plus, if asked, the uncertain ones as soft labels) and never looks at
``split=test``.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import dataclasses
import json
import math
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from data import (
    Augmentation,
    BatchPlan,
    Item,
    Picture,
    PictureCache,
    add_folder_arguments,
    batches,
    read_items,
)
from lite0 import PIXEL_MEAN, PIXEL_SCALE, Lite0, load_imagenet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Logits = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, with the seed."""

    side: int = 160
    epochs: float = 7.0
    batch: int = 32
    rate: float = 1e-3
    body_factor: float = 1 / 3
    head_factor: float = 5.0
    weight_decay: float = 0.02
    warm_share: float = 0.25
    mixup: float = 0.2
    smoothing: float = 0.1
    dropout: float = 0.2
    average: float = 0.985
    frozen_blocks: int = 3
    uncertain_share: float = 0.0
    min_area: float = 0.45
    seed: int = 0

    @property
    def augmentation(self) -> Augmentation:
        """The augmentation that goes with the recipe."""
        return Augmentation(min_area=self.min_area)


def prepare_process(threads: int = 2) -> None:
    """Fix the thread count and keep freed memory (fresh pages cost a tenth of the time)."""
    torch.set_num_threads(threads)
    if name := ctypes.util.find_library("c"):
        libc = ctypes.CDLL(name)
        libc.mallopt(-4, 0)  # M_MMAP_MAX: no memory maps for large blocks
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD: give nothing back


def to_tensor(pictures: Picture) -> Tensor:
    """N x S x S x 3 uint8 to a normalised channels-last N x 3 x S x S tensor."""
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return ((x.float() - PIXEL_MEAN) / PIXEL_SCALE).contiguous(memory_format=torch.channels_last)


class Average:
    """Exponential moving average of the weights, bias-corrected like Adam's."""

    def __init__(self, model: Lite0, decay: float) -> None:
        self.decay, self.weight = decay, 0.0
        self.state = {k: torch.zeros_like(v) for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: Lite0) -> None:
        """Take in the present weights."""
        self.weight = self.decay * self.weight + (1 - self.decay)
        share = (1 - self.decay) / self.weight
        for name, value in model.state_dict().items():
            self.state[name].lerp_(value, share)


def optimiser_groups(model: Lite0, recipe: Recipe) -> list[dict[str, object]]:
    """Body at a third of the base rate, head at five times it; no decay on vectors."""
    groups: list[dict[str, object]] = []
    for part, factor in (("body", recipe.body_factor), ("head", recipe.head_factor)):
        for decay in (True, False):
            chosen = [
                p
                for name, p in model.named_parameters()
                if p.requires_grad
                and name.startswith("head.") == (part == "head")
                and (p.ndim > 1) == decay
            ]
            groups.append(
                {
                    "params": chosen,
                    "rate": recipe.rate * factor,
                    "weight_decay": recipe.weight_decay if decay else 0.0,
                }
            )
    return groups


def one_cycle(progress: float, warm_share: float) -> float:
    """Rate factor: cosine up from 1/25, then cosine down to nearly nought."""
    if progress < warm_share:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / warm_share)) / 2
    return 1e-4 + (1 + math.cos(math.pi * (progress - warm_share) / (1 - warm_share))) / 2


def train_model(items: Sequence[Item], cache: PictureCache, recipe: Recipe, log: str = "") -> Lite0:
    """Fine-tune on ``items`` and give the averaged model in evaluation mode."""
    items = [item for item in items if item.decided or recipe.uncertain_share > 0]
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng((recipe.seed, 3))
    model = load_imagenet(Lite0(dropout=recipe.dropout))
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    model = model.to(memory_format=torch.channels_last).train()
    model.freeze_first(recipe.frozen_blocks)
    optimiser = torch.optim.AdamW(optimiser_groups(model, recipe), betas=(0.9, 0.99))
    average = Average(model, recipe.average)
    steps = round(recipe.epochs * len(items) / recipe.batch)
    started, running = time.monotonic(), 0.0
    plan = BatchPlan(
        recipe.side,
        recipe.batch,
        steps,
        recipe.seed,
        recipe.augmentation,
        recipe.uncertain_share,
    )
    for step, (pictures, targets) in enumerate(batches(items, cache, plan)):
        for group in optimiser.param_groups:
            group["lr"] = group["rate"] * one_cycle(step / steps, recipe.warm_share)
        x, y = to_tensor(pictures), torch.from_numpy(targets)
        if recipe.mixup > 0:
            share = float(rng.beta(recipe.mixup, recipe.mixup))
            x, y = torch.lerp(x, x.flip(0), 1 - share), torch.lerp(y, y.flip(0), 1 - share)
        y = y * (1 - recipe.smoothing) + recipe.smoothing / 2
        loss = functional.binary_cross_entropy_with_logits(model(x)[:, 0], y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 5.0)
        optimiser.step()
        average.update(model)
        running = 0.95 * running + 0.05 * loss.item() if step else loss.item()
        if log and (step + 1) % 25 == 0:
            spent = time.monotonic() - started
            print(f"{log} step {step + 1}/{steps} loss {running:.4f} {spent:.0f} s", flush=True)
    model.load_state_dict(average.state, strict=True)
    return model.eval()


def predict(model: Lite0, pictures: Picture, batch: int = 32) -> tuple[Logits, Logits]:
    """Logits of the pictures as they are, and averaged with their mirror images."""
    plain, mirrored = [], []
    with torch.inference_mode():
        for start in range(0, len(pictures), batch):
            x = to_tensor(pictures[start : start + batch])
            plain.append(model(x)[:, 0].numpy())
            flipped = x.flip(3).contiguous(memory_format=torch.channels_last)
            mirrored.append(model(flipped)[:, 0].numpy())
    one, two = np.concatenate(plain), np.concatenate(mirrored)
    return one, (one + two) / 2


def average_models(paths: Sequence[Path]) -> Lite0:
    """The mean of several models' weights (runs that share their starting point)."""
    states = [torch.load(path, weights_only=True) for path in paths]
    model = Lite0()
    model.load_state_dict({k: torch.stack([s[k] for s in states]).mean(0) for k in states[0]})
    return model.to(memory_format=torch.channels_last).eval()


def add_recipe_arguments(parser: argparse.ArgumentParser) -> None:
    """One option for each field of ``Recipe``."""
    for field in dataclasses.fields(Recipe):
        kind = int if isinstance(field.default, int) else float
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)


def recipe_from(args: argparse.Namespace) -> Recipe:
    """The recipe that the command line asks for."""
    return Recipe(**{f.name: getattr(args, f.name) for f in dataclasses.fields(Recipe)})


def main() -> None:
    """Train one model on all of train and save its weights with its recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="the files are RUNS/NAME.pt and .json")
    add_folder_arguments(parser)
    parser.add_argument("--threads", type=int, default=2)
    add_recipe_arguments(parser)
    args = parser.parse_args()
    prepare_process(args.threads)
    recipe = recipe_from(args)
    items = read_items(args.photos)
    cache = PictureCache(items, args.photos, args.cache)
    started = time.monotonic()
    model = train_model([i for i in items if i.split == "train"], cache, recipe, args.name)
    args.runs.mkdir(parents=True, exist_ok=True)
    out = args.runs / f"{args.name}.pt"
    torch.save(model.state_dict(), out)
    record = {**dataclasses.asdict(recipe), "seconds": round(time.monotonic() - started)}
    out.with_suffix(".json").write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
