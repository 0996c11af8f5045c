"""What a file says about its pixels: orientation and colour encoding; lies become warnings."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import ExifTags, Image

from studio_detector.imaging.encodings import Primaries
from studio_detector.imaging.orientation import UPRIGHT

if TYPE_CHECKING:
    from studio_detector.imaging.limits import Limits

_UNSPECIFIED = 2
_ADOBE_RGB_COLOUR_SPACE = 2
_MOST_PNG_CHUNKS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The part of a file's metadata that decides what its pixels mean.

    Attributes:
        orientation: 1..8 of EXIF; 1 where absent, damaged or already applied.
        icc_profile: Bytes of the embedded ICC profile, None without one.
        cicp: H.273 codes of primaries and transfer, None where nothing is said.
        gamma: PNG's file gamma (0.45455 for most), None where absent or overruled.
        primaries: PNG's chromaticities, None where absent or overruled.
        is_adobe_rgb: Whether EXIF alone says Adobe RGB (1998).
        warnings: What was damaged or ignored.
    """

    orientation: int = UPRIGHT
    icc_profile: bytes | None = None
    cicp: tuple[int, int] | None = None
    gamma: float | None = None
    primaries: Primaries | None = None
    is_adobe_rgb: bool = False
    warnings: tuple[str, ...] = ()


def read_metadata(format_name: str, data: bytes, image: Image.Image, limits: Limits) -> Metadata:
    """Gather what the file says; never fails on what it says wrongly.

    Args:
        format_name: Format by magic number.
        data: The file.
        image: The file as opened by Pillow.
        limits: ``max_metadata_bytes`` bounds what is interpreted.
    """
    warnings: list[str] = []
    icc = _icc_profile(image, limits, warnings)
    exif = _read_exif(format_name, image, limits, warnings)
    gamma = primaries = None
    cicp = None
    if format_name == "PNG":
        cicp = _png_cicp(data)
        if cicp is None and icc is None and "srgb" not in image.info:
            gamma, primaries = _png_gamma(image)
    elif format_name in {"AVIF", "HEIC"} and icc is None:
        cicp = _nclx(data)
    return Metadata(
        orientation=_orientation(exif, warnings),
        icc_profile=icc,
        cicp=cicp,
        gamma=gamma,
        primaries=primaries,
        is_adobe_rgb=icc is None and _says_adobe_rgb(exif),
        warnings=tuple(warnings),
    )


def _icc_profile(image: Image.Image, limits: Limits, warnings: list[str]) -> bytes | None:
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return None
    if len(profile) > limits.max_metadata_bytes:
        warnings.append(f"The colour profile of {len(profile)} bytes is too large; taken for sRGB.")
        return None
    return profile


def _read_exif(
    format_name: str, image: Image.Image, limits: Limits, warnings: list[str]
) -> Image.Exif:
    """Return the EXIF block, empty where there is none that can be read."""
    block = image.info.get("exif")
    if isinstance(block, bytes) and len(block) > limits.max_metadata_bytes:
        warnings.append(f"The EXIF block of {len(block)} bytes is too large and was ignored.")
        return Image.Exif()
    # libheif has applied the container's transforms, which overrule EXIF.
    if format_name == "HEIC":
        return Image.Exif()
    try:
        # Pillow writes AVIF's irot and imir into the EXIF block and leaves them to be applied;
        # asking `getexif` would bring in the orientation of XMP, which AVIF overrules.
        if format_name == "AVIF":
            exif = Image.Exif()
            if isinstance(block, bytes):
                exif.load(block)
            return exif
        return image.getexif()
    except Exception:  # noqa: BLE001 - the parser raises almost anything on damaged blocks
        warnings.append("The EXIF block is damaged and was ignored.")
        return Image.Exif()


def _orientation(exif: Image.Exif, warnings: list[str]) -> int:
    try:
        value = exif.get(ExifTags.Base.Orientation, UPRIGHT)
    except Exception:  # noqa: BLE001 - values are parsed on access, see above
        value = None
    if isinstance(value, int) and 1 <= value <= 8:
        return value
    # Many cameras write 0 for "unknown".
    if value != 0:
        # Words of a stranger stay where they are: warnings are kept with the verdict.
        shown = value if isinstance(value, int) else "that is no number"
        warnings.append(f"EXIF orientation {shown} means nothing; taken as upright.")
    return UPRIGHT


def _says_adobe_rgb(exif: Image.Exif) -> bool:
    """DCF marks Adobe RGB by interoperability index R03; some cameras by colour space 2."""
    if not exif:
        return False
    try:
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
    except Exception:  # noqa: BLE001 - see above
        return False
    return space == _ADOBE_RGB_COLOUR_SPACE or str(index).startswith("R03")


def _png_gamma(image: Image.Image) -> tuple[float | None, Primaries | None]:
    gamma = image.info.get("gamma")
    points = image.info.get("chromaticity")
    primaries = None
    if isinstance(points, tuple) and len(points) == 8:
        white, red, green, blue = (points[at : at + 2] for at in range(0, 8, 2))
        primaries = Primaries(red=red, green=green, blue=blue, white=white)
    return (gamma if isinstance(gamma, float) and gamma > 0 else None), primaries


def _png_cicp(data: bytes) -> tuple[int, int] | None:
    """Colour codes of the cICP chunk, which Pillow does not read."""
    at = 8
    for _ in range(_MOST_PNG_CHUNKS):
        if at + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"cICP" and length == 4 and at + 12 <= len(data):
            return _specified(data[at + 8], data[at + 9])
        if kind == b"IDAT":
            break
        at += 12 + length
    return None


def _nclx(data: bytes) -> tuple[int, int] | None:
    """Colour codes of the first ``colr`` box of kind ``nclx`` (ISO/IEC 14496-12, 12.1.5)."""
    at = data.find(b"colrnclx")
    if at < 0 or at + 12 > len(data):
        return None
    return _specified(*struct.unpack_from(">HH", data, at + 8))


def _specified(primaries: int, transfer: int) -> tuple[int, int] | None:
    return None if primaries == transfer == _UNSPECIFIED else (primaries, transfer)
