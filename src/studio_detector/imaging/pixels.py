"""From a loaded Pillow picture of any mode to one of four plain kinds of array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from studio_detector.errors import UnsupportedError

if TYPE_CHECKING:
    import numpy.typing as npt

# Copied at a time: large pictures would stand in memory twice at once.
_BAND_BYTES = 1 << 22
_BITS_PER_SAMPLE = 258
_OPAQUE = 255
_PLAIN = frozenset({"L", "RGB", "CMYK", "LAB"})
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


def plain_pixels(image: Image.Image) -> tuple[npt.NDArray[Any], str, list[str]]:
    """Bring a picture to grey, RGB, CMYK or LAB samples, transparency laid over white.

    White is white in every RGB and grey encoding, so that laying over white may come before
    colour conversion; it must come before reduction, or hidden colours would bleed in.

    Args:
        image: Loaded picture.

    Returns:
        The array - uint8, or uint16 filling its whole range for 16-bit grey; shape (rows,
        columns) or (rows, columns, channels) -, its mode ("L", "RGB", "CMYK" or "LAB"), and
        warnings.

    Raises:
        UnsupportedError: ``unsupported_variant`` for samples without a defined range.
    """
    if image.mode.startswith("I;16"):
        return _wide_grey(image), "L", []
    if image.mode in {"I", "F"}:
        kind = "32-bit integer" if image.mode == "I" else "floating-point"
        raise UnsupportedError(
            f"the samples are {kind} numbers, whose black and white are not defined; "
            "save the picture with 8 or 16 bits",
            code="unsupported_variant",
        )
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        return _over_white(image)
    if image.mode not in _PLAIN:
        image = image.convert("L" if image.mode == "1" else "RGB")
    return _to_array(image), image.mode, []


def _over_white(image: Image.Image) -> tuple[npt.NDArray[Any], str, list[str]]:
    is_grey = image.mode in {"1", "L", "LA", "La"}
    # Premultiplied kinds have to be divided first.
    if image.mode in {"La", "RGBa"}:
        image = image.convert("LA" if is_grey else "RGBA")
    if image.mode != "LA":
        image = image.convert("RGBA")
    alpha = image.getchannel("A")
    mode = "L" if is_grey else "RGB"
    if alpha.getextrema()[0] == _OPAQUE:
        return _to_array(image.convert(mode)), mode, []
    sheet = Image.new(mode, image.size, "white")
    sheet.paste(image.convert(mode), mask=alpha)
    return _to_array(sheet), mode, ["Transparent parts were laid over white."]


def _wide_grey(image: Image.Image) -> npt.NDArray[np.uint16]:
    samples = np.asarray(image).astype(np.uint16)
    # TIFF may use fewer than 16 bits without saying so in its mode.
    tags = getattr(image, "tag_v2", None)
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0] if tags is not None else 16
    if 8 < bits < 16:
        samples = (samples.astype(np.uint32) * 65535 // ((1 << bits) - 1)).astype(np.uint16)
    return samples


def _to_array(image: Image.Image) -> npt.NDArray[np.uint8]:
    channels = len(image.getbands())
    band_rows = max(1, _BAND_BYTES // (image.width * channels))
    if band_rows >= image.height:
        return np.asarray(image)
    shape = (image.height, image.width) if channels == 1 else (image.height, image.width, channels)
    array = np.empty(shape, dtype=np.uint8)
    for row in range(0, image.height, band_rows):
        below = min(row + band_rows, image.height)
        array[row:below] = np.asarray(image.crop((0, row, image.width, below)))
    return array
