"""JPEG: structure without decoding, decoding at reduced scale, and scans that end too soon."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import JpegImagePlugin

from studio_detector.errors import DecodeError, UnsupportedError

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

#: A scaled decode keeps the long side at or above this multiple of the working size, so that
#: the final step is still a reduction by area averaging and hides how libjpeg scales (it drops
#: high DCT frequencies of each block); measured against a full decode in docs/imaging.md.
DRAFT_MARGIN_RATIO = 1.5
#: Scans a JPEG may have. Encoders write about ten; every scan visits the whole picture,
#: so that thousands of empty ones are a known way to occupy a decoder for minutes.
MAX_SCANS = 128

_END_OF_IMAGE = b"\xff\xd9"
# What is laid behind the data to see whether the decoder goes on reading: two sequences that
# differ in every bit and hold no 0xFF, which would begin a marker.
_NOISE = bytes(1 + (index * 197 + 89) % 254 for index in range(256))
_NOISES = (_NOISE, bytes(255 - byte for byte in _NOISE))
_RESTARTS = tuple(bytes((0xFF, marker)) for marker in range(0xD0, 0xD8))
# What libjpeg leaves where no data came: coefficients of zero, that is, mid grey. Pillow
# inverts CMYK, hence 127.
_PADDING_LEVELS = frozenset({127, 128})
# Any marker but a stuffed zero and the restarts, which belong to a scan.
_MARKER_AFTER_SCAN = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
_IS_MARKER = np.array([bool(re.match(rb"[\x01-\xcf\xd8-\xfe]", bytes((i,)))) for i in range(256)])
# Stretches in which the end of a scan is looked for: short ones first, for short scans.
_FIRST_STRETCH_BYTES, _LONGEST_STRETCH_BYTES = 1 << 12, 1 << 20
_PROGRESSIVE_FRAMES = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_BLOCK_COEFFICIENT_BYTES = 64 * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One scan: its components, spectral band (0..63) and the lowest bit it sends."""

    components: tuple[int, ...]
    first: int
    last: int
    low_bit: int


@dataclass(slots=True, kw_only=True)
class Structure:
    """What the markers of a JPEG say; gathered leniently, decoding is the judge of damage.

    Attributes:
        rows_px: Rows declared, 0 without a frame header.
        columns_px: Columns declared.
        is_progressive: Whether coefficients come in several passes.
        sampling: Component identifier -> (horizontal, vertical) sampling factor.
        scans: In file order.
        body: Offset behind the header of the last scan; the marker that closes the picture is
            the first end-of-image marker from there on.
        has_end: Whether there is one.
    """

    rows_px: int = 0
    columns_px: int = 0
    is_progressive: bool = False
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)
    scans: list[Scan] = field(default_factory=list)
    body: int = 0
    has_end: bool = False

    def coefficient_bytes(self) -> int:
        """Memory in which libjpeg gathers all coefficients; 0 for a single sequential scan."""
        if not self.sampling or (not self.is_progressive and len(self.scans) <= 1):
            return 0
        across = max(1, *(horizontal for horizontal, _ in self.sampling.values()))
        down = max(1, *(vertical for _, vertical in self.sampling.values()))
        blocks = sum(
            -(-self.columns_px * horizontal // (8 * across))
            * -(-self.rows_px * vertical // (8 * down))
            for horizontal, vertical in self.sampling.values()
        )
        return blocks * _BLOCK_COEFFICIENT_BYTES

    def is_single_scan(self) -> bool:
        """Whether the first scan carries the whole picture."""
        return (
            not self.is_progressive
            and len(self.scans) == 1
            and len(self.scans[0].components) == len(self.sampling)
        )

    def lacks_scans(self) -> bool:
        """Whether a progressive picture ends before its coefficients are all there.

        Chrominance may do without AC scans, which some encoders leave out when they are
        empty; what has been begun must be finished to its last bit.
        """
        if not self.is_progressive or not self.sampling:
            return False
        unfinished = {(component, 0) for component in self.sampling}
        unfinished |= {(next(iter(self.sampling)), index) for index in range(1, 64)}
        for scan in self.scans:
            band = {
                (component, index)
                for component in scan.components
                for index in range(scan.first, scan.last + 1)
            }
            if scan.low_bit:
                unfinished |= band
            else:
                unfinished -= band
        return bool(unfinished)


def read_structure(data: bytes) -> Structure:
    """Walk the markers of a JPEG without decoding it.

    Args:
        data: The file, beginning with the start-of-image marker.

    Returns:
        What could be read; parts stay empty where the file is damaged.

    Raises:
        UnsupportedError: ``unsupported_variant`` for more than `MAX_SCANS` scans.
    """
    structure = Structure()
    at = 2
    while (found := _MARKER_AFTER_SCAN.search(data, at)) is not None:
        marker, at = data[found.end() - 1], found.end()
        if marker == 0xD9:
            # Before any scan it belongs to nothing, as in a thumbnail's remains.
            if structure.scans:
                structure.has_end = True
                break
            continue
        if marker in _STANDALONE:
            continue
        segment = data[at + 2 : at + max(2, int.from_bytes(data[at : at + 2], "big"))]
        at += len(segment) + 2
        if marker in _FRAMES and not structure.sampling:
            _read_frame(marker, segment, structure)
        elif marker == 0xDA:
            structure.body = at
            if not _read_scan(segment, structure):
                continue
            if structure.is_single_scan():
                # Nothing but the end can follow, and nearly always the file ends with it.
                structure.has_end = data.rfind(_END_OF_IMAGE, at) >= 0
                break
            at = _end_of_scan(data, at)
    return structure


def _end_of_scan(data: bytes, at: int) -> int:
    """Offset of the first marker behind compressed data that begin at ``at``."""
    stretch = _FIRST_STRETCH_BYTES
    while at + 1 < len(data):
        piece = np.frombuffer(data, np.uint8, min(stretch + 1, len(data) - at), at)
        escapes = np.flatnonzero(piece[:-1] == 0xFF)
        markers = escapes[_IS_MARKER[piece[escapes + 1]]]
        if markers.size:
            return at + int(markers[0])
        at += stretch
        stretch = min(2 * stretch, _LONGEST_STRETCH_BYTES)
    return len(data)


def _read_frame(marker: int, segment: bytes, structure: Structure) -> None:
    if len(segment) < 6:
        return
    structure.is_progressive = marker in _PROGRESSIVE_FRAMES
    structure.rows_px = int.from_bytes(segment[1:3], "big")
    structure.columns_px = int.from_bytes(segment[3:5], "big")
    for index in range(6, min(len(segment), 6 + 3 * segment[5]) - 2, 3):
        identifier, factors = segment[index], segment[index + 1]
        structure.sampling[identifier] = (factors >> 4, factors & 15)


def _read_scan(segment: bytes, structure: Structure) -> bool:
    """Note a scan; False where its header is too short to be one."""
    count = segment[0] if segment else 0
    if len(segment) < 4 + 2 * count:
        return False
    if len(structure.scans) >= MAX_SCANS:
        raise UnsupportedError(
            f"the JPEG has more than {MAX_SCANS} scans; save it as a plain JPEG",
            code="unsupported_variant",
        )
    first, last, bits = segment[1 + 2 * count : 4 + 2 * count]
    structure.scans.append(
        Scan(
            components=tuple(segment[1 : 1 + 2 * count : 2]),
            first=first,
            last=min(last, 63),
            low_bit=bits & 15,
        )
    )
    return True


def draft_divisor(rows_px: int, columns_px: int, working_size_px: int) -> int:
    """The largest of 8, 4, 2 and 1 that keeps `DRAFT_MARGIN_RATIO` of the working size."""
    long_px = max(rows_px, columns_px)
    return next(
        divisor
        for divisor in (8, 4, 2, 1)
        if divisor == 1 or long_px / divisor >= DRAFT_MARGIN_RATIO * working_size_px
    )


def open_file(data: bytes, structure: Structure) -> JpegImagePlugin.JpegImageFile:
    """Read the header of a JPEG; a missing end-of-image marker is lent to it.

    Raises:
        Exception: Whatever Pillow raises on damage; the caller translates it.
    """
    # Without the marker Pillow refuses even a complete picture; `load` judges completeness.
    whole = data if structure.has_end else data + _END_OF_IMAGE
    return JpegImagePlugin.JpegImageFile(io.BytesIO(whole))


def load(
    image: JpegImagePlugin.JpegImageFile, data: bytes, structure: Structure, working_size_px: int
) -> list[str]:
    """Decode a JPEG, at reduced scale where it is much larger than needed.

    libjpeg fills what is missing with grey and says so only in a warning that Pillow drops.
    Three checks find that: a progressive file must have sent all its coefficients; a file
    whose last pixel is that grey, or that has no end-of-image marker, is decoded twice more,
    with opposite noise behind its data. Complete data never look at what follows.

    Args:
        image: The file as opened by `open_file`; it is loaded.
        data: The file.
        structure: Its markers.
        working_size_px: Long side that is needed in the end.

    Returns:
        Warnings.

    Raises:
        DecodeError: ``truncated``.
        Exception: Whatever Pillow raises on damage; the caller translates it.
    """
    if structure.lacks_scans():
        raise _truncated("scans are missing")
    _load(image, working_size_px)
    has_end = structure.has_end
    if not has_end or _may_end_in_padding(image):
        # Zeros at the end are what a download manager reserves and does not fill.
        end = data.find(_END_OF_IMAGE, structure.body) if has_end else len(data)
        payload = data[:end] if has_end else data.rstrip(b"\0").rstrip(b"\xff")
        first, second = (_digest(tail, working_size_px) for tail in _continuations(payload))
        if first != second:
            raise _truncated("the last scan is incomplete")
    return [] if has_end else ["The JPEG has no end-of-image marker; its picture is complete."]


def trim(
    pixels: npt.NDArray[np.uint8], divisor: int, rows_px: int, columns_px: int
) -> npt.NDArray[np.uint8]:
    """Cut a scaled decode to the nearest whole number of scaled rows and columns.

    libjpeg rounds up, and its last row and column then hold padding: kept, they would shift
    what lies at the far edges by almost a pixel; cut to the nearest, by half of one at most.
    """
    return pixels[: max(1, round(rows_px / divisor)), : max(1, round(columns_px / divisor))]


def _load(image: JpegImagePlugin.JpegImageFile, working_size_px: int) -> None:
    columns, rows = image.size
    divisor = draft_divisor(rows, columns, working_size_px)
    if divisor > 1:
        image.draft(None, (max(1, columns // divisor), max(1, rows // divisor)))
    image.load()


def _digest(data: bytes, working_size_px: int) -> bytes:
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    _load(image, working_size_px)
    return hashlib.sha256(image.tobytes()).digest()


def _continuations(payload: bytes) -> list[bytes]:
    """The data with either noise behind it, cut by the restart markers due next."""
    latest = max(range(8), key=lambda index: payload.rfind(_RESTARTS[index]))
    # Without restart intervals the markers end the noise early, which does no harm.
    due = [_RESTARTS[(latest + step) % 8] for step in range(1, 9)]
    return [
        payload + noise + b"".join(restart + noise for restart in due) + _END_OF_IMAGE
        for noise in _NOISES
    ]


def _may_end_in_padding(image: Image.Image) -> bool:
    value = image.getpixel((image.width - 1, image.height - 1))
    levels = value if isinstance(value, tuple) else (value,)
    return all(level in _PADDING_LEVELS for level in levels)


def _truncated(what: str) -> DecodeError:
    return DecodeError(
        f"the JPEG file ends before its picture does: {what}; fetch it again", code="truncated"
    )
