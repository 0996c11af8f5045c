"""From the file's colours to sRGB: ICC profiles by LittleCMS, numeric encodings by formula."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageCms

from studio_detector.imaging import encodings, icc

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from studio_detector.imaging.metadata import Metadata

    Bytes: TypeAlias = npt.NDArray[np.uint8]

#: White maps to white and every colour sRGB can show stays what it is; only colours outside
#: are clipped. Perceptual rendering would shift all colours by the taste of a profile's maker,
#: and the sRGB profile, being a matrix, has no perceptual tables to render into.
RENDERING_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
#: Without it the darkest ink of a CMYK profile would clip away shadow detail.
RENDERING_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION

# Colour space in a profile's header -> modes it can describe; grey pictures often carry the
# RGB profile of the editor that saved them.
_MODES_OF_SPACE = {"RGB": {"RGB", "L"}, "GRAY": {"L"}, "CMYK": {"CMYK"}, "LAB": {"LAB"}}
# PNG's gamma of sRGB, 1 / 2.2.
_USUAL_GAMMA = 0.45455
_GAMMA_TOLERANCE = 0.01
_CHROMATICITY_TOLERANCE = 0.002


def to_srgb(pixels: Bytes, mode: str, metadata: Metadata) -> tuple[Bytes, list[str]]:
    """Convert pixels to sRGB.

    Precedence follows the PNG specification: cICP codes, then the ICC profile, then gamma
    and chromaticities, then what EXIF says; without any of them pixels are sRGB already.

    Args:
        pixels: uint8, (rows, columns) for mode "L", else (rows, columns, 3 or 4).
        mode: "L", "RGB", "CMYK" (255 is full ink) or "LAB" (Pillow's packing).
        metadata: What the file says about its colours.

    Returns:
        uint8 (rows, columns, 3) in sRGB, and warnings about what was assumed.
    """
    warnings: list[str] = []
    has_codes = metadata.cicp is not None and mode in {"L", "RGB"}
    if metadata.icc_profile is not None and not has_codes:
        converted = _by_profile(pixels, mode, metadata.icc_profile, warnings)
        if converted is not None:
            return converted, warnings
    rgb = _device_to_rgb(pixels, mode, warnings)
    if mode not in {"L", "RGB"}:
        return rgb, warnings
    return _by_numbers(rgb, metadata, warnings), warnings


def _by_profile(pixels: Bytes, mode: str, profile: bytes, warnings: list[str]) -> Bytes | None:
    """Convert through an ICC profile; None, with a warning, if the profile is of no use."""
    if mode in {"L", "RGB"} and icc.is_srgb(profile):
        return _grey_to_rgb(pixels) if mode == "L" else pixels
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip().upper()
        if mode not in _MODES_OF_SPACE.get(space, set()):
            warnings.append(f"The colour profile is for {space}, the picture is {mode}; ignored.")
            return None
        if mode == "L" and space == "RGB":
            pixels, mode = _grey_to_rgb(pixels), "RGB"
        return _transform(pixels, mode, source)
    except Exception:  # noqa: BLE001 - LittleCMS reports damage in several ways
        warnings.append("The colour profile is damaged; ignored.")
        return None


def _transform(pixels: Bytes, mode: str, source: ImageCms.ImageCmsProfile) -> Bytes:
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        renderingIntent=RENDERING_INTENT,
        flags=RENDERING_FLAGS,
    )
    converted = ImageCms.applyTransform(_to_image(pixels, mode), transform)
    if converted is None:
        raise ValueError("the transform returned no picture")
    return np.asarray(converted, dtype=np.uint8)


def _device_to_rgb(pixels: Bytes, mode: str, warnings: list[str]) -> Bytes:
    """Bring any mode to RGB without a profile."""
    if mode == "L":
        return _grey_to_rgb(pixels)
    if mode == "CMYK":
        warnings.append("CMYK without a usable profile; its colours are approximate.")
        light = 255 - pixels.astype(np.uint16)
        return np.asarray((light[:, :, :3] * light[:, :, 3:] + 127) // 255, dtype=np.uint8)
    if mode == "LAB":
        return _transform(pixels, mode, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    return pixels


def _by_numbers(rgb: Bytes, metadata: Metadata, warnings: list[str]) -> Bytes:
    primaries: encodings.Primaries = encodings.SRGB
    to_linear: Callable[[encodings.Floats], encodings.Floats] = encodings.srgb_to_linear
    if metadata.cicp is not None:
        primaries_code, transfer_code = metadata.cicp
        primaries = encodings.CICP_PRIMARIES.get(primaries_code, encodings.SRGB)
        to_linear = encodings.cicp_transfer(transfer_code)
        if transfer_code in encodings.CICP_HDR_TRANSFERS:
            warnings.append("HDR picture; light above diffuse white was clipped.")
    elif metadata.gamma is not None or metadata.primaries is not None:
        primaries = _unless_srgb(metadata.primaries)
        if metadata.gamma is not None and abs(metadata.gamma - _USUAL_GAMMA) > _GAMMA_TOLERANCE:
            to_linear = encodings.power(1 / metadata.gamma)
    elif metadata.is_adobe_rgb:
        primaries, to_linear = encodings.ADOBE_RGB, encodings.power(563 / 256)
        warnings.append("Adobe RGB by EXIF alone, without a profile; converted as such.")
    if primaries == encodings.SRGB and to_linear is encodings.srgb_to_linear:
        return rgb
    try:
        return encodings.convert_to_srgb(rgb, primaries, to_linear)
    except ValueError:
        warnings.append("The colour primaries are impossible; taken for sRGB.")
        return rgb


def _unless_srgb(primaries: encodings.Primaries | None) -> encodings.Primaries:
    """The primaries given, or exactly `encodings.SRGB` where they are it but for rounding."""
    if primaries is None:
        return encodings.SRGB

    def points(of: encodings.Primaries) -> encodings.Floats:
        return np.array([of.red, of.green, of.blue, of.white])

    difference = np.abs(points(primaries) - points(encodings.SRGB)).max()
    return encodings.SRGB if difference <= _CHROMATICITY_TOLERANCE else primaries


def _grey_to_rgb(grey: Bytes) -> Bytes:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _to_image(pixels: Bytes, mode: str) -> Image.Image:
    rows, columns = pixels.shape[:2]
    return Image.frombytes(mode, (columns, rows), np.ascontiguousarray(pixels).tobytes())
