"""The one way from bytes or samples to a `Frame`; change it, and `DECODE_VERSION` changes."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from studio_detector.errors import MissingExtraError, UnsupportedError
from studio_detector.imaging import jpeg, webp
from studio_detector.imaging.arrays import plain_array
from studio_detector.imaging.colour_management import to_srgb
from studio_detector.imaging.frame import Frame
from studio_detector.imaging.frames import count_frames
from studio_detector.imaging.guard import pillow_calls
from studio_detector.imaging.limits import check_dimensions, check_frames, check_memory
from studio_detector.imaging.memory import estimate_bytes
from studio_detector.imaging.metadata import Metadata, read_metadata
from studio_detector.imaging.orientation import TRANSPOSED, UPRIGHT, upright
from studio_detector.imaging.pixels import plain_pixels
from studio_detector.imaging.resize import reduce_area, working_shape
from studio_detector.imaging.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from studio_detector.imaging.limits import Limits

# Called directly instead of through `Image.open`, which tries plugins by a process-wide
# registry, compares sizes with a process-wide constant and hides why a file was refused.
_OPENERS: dict[str, Callable[[io.BytesIO], Image.Image]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}
_DNG_VERSION, _NEW_SUBFILE_TYPE, _SUB_IFDS = 50706, 254, 330


def decode_bytes(
    data: bytes, *, working_size_px: int, limits: Limits, sha256: str | None = None
) -> Frame:
    """Decode a file.

    Args:
        data: The file.
        working_size_px: Long side aimed at.
        limits: Bounds, checked on headers before pixels.
        sha256: Hex digest of the file, where it is known already.

    Returns:
        The picture, upright, in sRGB, at working size.

    Raises:
        InputError: See `studio_detector.imaging.load`.
        MissingExtraError: For HEIC without the extra.
    """
    format_name = sniff(data)
    structure = jpeg.read_structure(data) if format_name == "JPEG" else None
    with pillow_calls(format_name):
        image = _open(format_name, data, structure, limits)
        warnings = _check_header(format_name, data, image, structure, working_size_px, limits)
        columns, rows = image.size
        if structure is not None and isinstance(image, JpegImagePlugin.JpegImageFile):
            warnings += jpeg.load(image, data, structure, working_size_px)
        else:
            image.load()
            # A TIFF is turned upright by Pillow itself on loading.
            columns, rows = image.size
        # Only now: a PNG's EXIF block may follow its pixels, and asking for it earlier would
        # load them behind our back, hiding their damage.
        metadata = read_metadata(format_name, data, image, limits)
        warnings += metadata.warnings
        pixels, mode, notes = plain_pixels(image)
        if structure is not None:
            pixels = jpeg.trim(
                pixels, jpeg.draft_divisor(rows, columns, working_size_px), rows, columns
            )
        warnings += notes
        # Pillow's storage is freed before OpenCV needs memory of its own.
        del image
        small = _to_bytes(reduce_area(pixels, working_shape(rows, columns, working_size_px)))
        rgb, notes = to_srgb(small, mode, metadata)
        warnings += notes
    if metadata.orientation in TRANSPOSED:
        rows, columns = columns, rows
    return _frame(
        rgb,
        format_name=format_name,
        original_shape=(rows, columns),
        orientation=metadata.orientation,
        warnings=warnings,
        sha256=sha256 or hashlib.sha256(data).hexdigest(),
    )


def decode_array(array: npt.NDArray[Any], *, working_size_px: int, limits: Limits) -> Frame:
    """Bring an array of sRGB samples to working size; see `plain_array` for what is accepted.

    Raises:
        InputError: ``invalid_array``.
        LimitError: ``limit_side``, ``limit_pixels`` or ``limit_aspect``.
    """
    pixels, warnings = plain_array(array)
    rows, columns = pixels.shape[:2]
    check_dimensions(rows, columns, limits)
    small = _to_bytes(reduce_area(pixels, working_shape(rows, columns, working_size_px)))
    rgb, notes = to_srgb(small, "L" if small.ndim == 2 else "RGB", Metadata())
    return _frame(
        rgb,
        format_name="array",
        original_shape=(rows, columns),
        orientation=UPRIGHT,
        warnings=[*warnings, *notes],
        sha256=None,
    )


def _open(
    format_name: str, data: bytes, structure: jpeg.Structure | None, limits: Limits
) -> Image.Image:
    """Read the header; no pixels yet."""
    if format_name == "HEIC":
        return _open_heic(data)
    if structure is not None:
        return jpeg.open_file(data, structure)
    if format_name == "WEBP":
        webp.check_header(data, limits)
    image = _OPENERS[format_name](io.BytesIO(data))
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _refuse_raw(image)
    return image


def _open_heic(data: bytes) -> Image.Image:
    try:
        # Optional, and a second to load.
        from pi_heif import HeifImageFile  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError.for_package("pi-heif", "heic", "decoding HEIC") from error
    image: Image.Image = HeifImageFile(io.BytesIO(data))
    return image


def _refuse_raw(image: TiffImagePlugin.TiffImageFile) -> None:
    """Refuse camera raw files in TIFF clothes, whose first page is a thumbnail."""
    tags = image.tag_v2
    is_reduced = int(tags.get(_NEW_SUBFILE_TYPE) or 0) & 1
    if _DNG_VERSION in tags or (is_reduced and _SUB_IFDS in tags):
        raise UnsupportedError(
            "the TIFF is a camera raw file; develop it to JPEG or TIFF first",
            code="unsupported_variant",
        )


def _check_header(
    format_name: str,
    data: bytes,
    image: Image.Image,
    structure: jpeg.Structure | None,
    working_size_px: int,
    limits: Limits,
) -> list[str]:
    """Hold the opened, not yet loaded, picture against the limits; return warnings."""
    columns, rows = image.size
    check_dimensions(rows, columns, limits)
    frames = count_frames(format_name, data, image, limits.max_frames)
    check_frames(frames, limits)
    divisor, coefficients = 1, 0
    if structure is not None:
        divisor = jpeg.draft_divisor(rows, columns, working_size_px)
        coefficients = structure.coefficient_bytes()
    needed = estimate_bytes(format_name, image.mode, rows, columns, divisor=divisor)
    check_memory(needed + coefficients, limits)
    return ["The file has several frames or pages; the first was taken."] if frames > 1 else []


def _to_bytes(samples: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Round uint16 (0..65535) and float (0..1) samples to uint8."""
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype == np.uint16:
        return np.asarray((samples.astype(np.uint32) + 128) // 257, dtype=np.uint8)
    return np.asarray(np.rint(np.clip(samples, 0, 1) * 255), dtype=np.uint8)


def _frame(
    rgb: npt.NDArray[np.uint8],
    *,
    format_name: str,
    original_shape: tuple[int, int],
    orientation: int,
    warnings: list[str],
    sha256: str | None,
) -> Frame:
    # Always a copy: the pixels must not change when the caller's array does.
    turned = np.array(upright(rgb, orientation), dtype=np.uint8, order="C", copy=True)
    turned.setflags(write=False)
    return Frame(
        rgb=turned,
        format=format_name,
        original_rows_px=original_shape[0],
        original_columns_px=original_shape[1],
        warnings=tuple(dict.fromkeys(warnings)),
        sha256=sha256,
    )
