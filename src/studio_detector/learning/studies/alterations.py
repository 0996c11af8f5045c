"""Ways in which a photograph is changed on its way to us without a change of its light."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Rgb: TypeAlias = npt.NDArray[np.uint8]
    Floats: TypeAlias = npt.NDArray[np.float64]

#: Picture in, changed picture out; both uint8 sRGB (rows, columns, 3).
Alteration: TypeAlias = "Callable[[Rgb], Rgb]"

# One stop is a factor of two in light.
_STOP = 2.0
# Gain of red against green, and of green against blue: a white balance plainly off.
_CAST = 1.15
_BLUR_SIGMA_PX = 1.0
_NOISE_SIGMA = 6.0
_SHARPENING = 1.0


def jpeg(rgb: Rgb, quality: int) -> Rgb:
    """Once through JPEG with chroma at half resolution."""
    flags = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    ]
    _, data = cv2.imencode(".jpg", _reversed(rgb), flags)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return _reversed(np.asarray(decoded, dtype=np.uint8))


def half_size(rgb: Rgb) -> Rgb:
    """Half of the rows and columns, averaged."""
    rows, columns = rgb.shape[:2]
    size = (max(1, columns // 2), max(1, rows // 2))
    return _samples(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def crop(rgb: Rgb, share: float) -> Rgb:
    """The picture without a share of its height and of its width, cut evenly from both sides."""
    top, left = (round(side * share / 2) for side in rgb.shape[:2])
    rows, columns = rgb.shape[:2]
    return np.ascontiguousarray(rgb[top : rows - top, left : columns - left])


def grey(rgb: Rgb) -> Rgb:
    """Luma in all three channels."""
    return _samples(cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def gains(rgb: Rgb, red: float, green: float, blue: float) -> Rgb:
    """Light of each channel multiplied; what passes white is clipped, as in a camera."""
    light = _linear(np.arange(256) / 255)
    curves = np.stack([_encoded(light * gain) for gain in (red, green, blue)], axis=-1)
    levels = np.rint(255 * curves).astype(np.uint8)
    return np.stack([levels[rgb[..., channel], channel] for channel in range(3)], axis=-1)


def exposure(rgb: Rgb, stops: float) -> Rgb:
    """Brighter or darker by stops, in linear light."""
    return gains(rgb, *[_STOP**stops] * 3)


def cast(rgb: Rgb, gain: float) -> Rgb:
    """Red times ``gain`` and blue divided by it, in linear light: above 1 is warm."""
    return gains(rgb, gain, 1.0, 1 / gain)


def blur(rgb: Rgb, sigma_px: float) -> Rgb:
    """Gaussian blur."""
    return _samples(cv2.GaussianBlur(rgb, (0, 0), sigma_px))


def noise(rgb: Rgb, sigma: float) -> Rgb:
    """Gaussian noise of ``sigma`` levels of 255 in every channel, the same at every call."""
    grain = np.random.default_rng(0).normal(0, sigma, rgb.shape)
    return _samples(np.rint(rgb + grain))


def sharpen(rgb: Rgb, amount: float) -> Rgb:
    """Unsharp mask with a radius of one pixel."""
    smooth = cv2.GaussianBlur(rgb, (0, 0), 1.0).astype(np.float64)
    return _samples(np.rint(rgb + amount * (rgb - smooth)))


def mirror(rgb: Rgb) -> Rgb:
    """Left and right exchanged."""
    return np.ascontiguousarray(rgb[:, ::-1])


#: What the study does to every photograph, in the order of its table.
ALTERATIONS: Mapping[str, Alteration] = MappingProxyType(
    {
        **{f"JPEG {q}": partial(jpeg, quality=q) for q in (95, 90, 80, 70, 50, 30)},
        "half size": half_size,
        **{f"crop {part} %": partial(crop, share=part / 100) for part in (5, 10, 20)},
        "grey": grey,
        "one stop brighter": partial(exposure, stops=1),
        "one stop darker": partial(exposure, stops=-1),
        "warm cast": partial(cast, gain=_CAST),
        "cool cast": partial(cast, gain=1 / _CAST),
        "blur": partial(blur, sigma_px=_BLUR_SIGMA_PX),
        "noise": partial(noise, sigma=_NOISE_SIGMA),
        "sharpening": partial(sharpen, amount=_SHARPENING),
        "mirror": mirror,
    }
)
#: Alterations under which at most two verdicts in a hundred should turn.
HELD_TO_GOAL = ("JPEG 95", "JPEG 90", "JPEG 80", "JPEG 70", "half size", "crop 5 %")
#: What the words in the table mean.
MEANING = (
    "JPEG re-encodes with chroma at half resolution. "
    "Crop takes the share off the height and off the width, half of it on each side "
    "(so `crop 10 %` is 5 % off every side). "
    "Stops and casts are in linear light, clipped at white; "
    f"the casts multiply red and divide blue by {_CAST:g}, or the other way round. "
    f"Blur is Gaussian with {_BLUR_SIGMA_PX:g} px, noise Gaussian with {_NOISE_SIGMA:g} levels "
    f"of 255, sharpening an unsharp mask of 1 px and {100 * _SHARPENING:g} %."
)


def _linear(encoded: Floats) -> Floats:
    """SRGB transfer function of IEC 61966-2-1, values 0..1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _encoded(light: Floats) -> Floats:
    """Its inverse, clipped to 0..1."""
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _reversed(rgb: Rgb) -> Rgb:
    return np.ascontiguousarray(rgb[..., ::-1])


def _samples(values: npt.NDArray[np.generic]) -> Rgb:
    return np.clip(values.astype(np.float64), 0, 255).astype(np.uint8)
