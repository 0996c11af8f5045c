"""Pictures made by the tests, and the two loaders that must agree."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from studio_detector.imaging import IsolatedLoader, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _encode(image: Image.Image, format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Pillow's encoder: (image, format, **options) -> bytes."""
    return _encode


@pytest.fixture(scope="session")
def scene() -> Image.Image:
    """A 120 x 90 RGB picture with colour ramps, texture and no symmetry."""
    rows, columns = np.mgrid[0:90, 0:120].astype(np.float64)
    ramps = np.stack([columns * 2, rows * 2.6, 220 - columns - rows], axis=2)
    noise = np.random.default_rng(7).normal(0, 12, ramps.shape)
    return Image.fromarray(np.clip(ramps + noise, 0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def isolated_loader() -> Iterator[IsolatedLoader]:
    """One child process for all tests of a session."""
    with IsolatedLoader(timeout_s=60) as loader:
        yield loader


@pytest.fixture(params=["in this process", "in a child"])
def any_load(
    request: pytest.FixtureRequest, isolated_loader: IsolatedLoader
) -> Callable[..., object]:
    """`load` and `IsolatedLoader.load`, one after the other."""
    return load if request.param == "in this process" else isolated_loader.load
