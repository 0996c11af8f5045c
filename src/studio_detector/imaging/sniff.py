"""Which kind of file this is, by its first bytes; names and extensions are never asked."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from studio_detector.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The formats that are decoded; HEIC needs the extra ``heic``.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC")

# Enough for every signature below, text formats after a long XML prologue included.
_HEAD_BYTES = 1024
_CONVERT = "convert it to JPEG, PNG or TIFF first"

# Where the signature lies, the signature, and the format.
_DECODED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"BM", "BMP"),
)

# Where the signature lies, the signature, what it looks like and what to do about it; the
# first match wins.
_RECOGNISED: tuple[tuple[int, bytes, str, str], ...] = (
    (8, b"CR\x02", "a Canon CR2 raw file", "develop it to JPEG or TIFF first"),
    (0, b"IIRO", "an Olympus ORF raw file", "develop it to JPEG or TIFF first"),
    (0, b"IIRS", "an Olympus ORF raw file", "develop it to JPEG or TIFF first"),
    (0, b"IIU\0", "a Panasonic RW2 raw file", "develop it to JPEG or TIFF first"),
    (0, b"FUJIFILMCCD-RAW", "a Fujifilm RAF raw file", "develop it to JPEG or TIFF first"),
    (0, b"\xff\x0a", "a JPEG XL codestream", _CONVERT),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL file", _CONVERT),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 file", _CONVERT),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 codestream", _CONVERT),
    (0, b"v/1\x01", "an OpenEXR file", "tone-map it and save it as JPEG, PNG or TIFF"),
    (0, b"#?RADIANCE", "a Radiance HDR file", "tone-map it and save it as JPEG, PNG or TIFF"),
    (0, b"#?RGBE", "a Radiance HDR file", "tone-map it and save it as JPEG, PNG or TIFF"),
    (0, b"8BPS", "a Photoshop document", "export it as JPEG, PNG or TIFF"),
    (0, b"gimp xcf", "a GIMP document", "export it as JPEG, PNG or TIFF"),
    (0, b"qoif", "a QOI picture", _CONVERT),
    (0, b"DDS ", "a DirectDraw texture", _CONVERT),
    (0, b"\0\0\x01\0", "a Windows icon", _CONVERT),
    (0, b"\0\0\x02\0", "a Windows cursor or a TGA picture", _CONVERT),
    (0, b"icns", "an Apple icon", _CONVERT),
    (0, b"%PDF", "a PDF document", "export the page or its picture as JPEG, PNG or TIFF"),
    (0, b"%!PS", "a PostScript document", "export it as JPEG, PNG or TIFF"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video", "extract a frame first"),
    (0, b"\0\0\x01\xba", "an MPEG video", "extract a frame first"),
    (0, b"\0\0\x01\xb3", "an MPEG video", "extract a frame first"),
    (0, b"PK\x03\x04", "a ZIP archive", "unpack it first"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (0, b"Rar!", "a RAR archive", "unpack it first"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (0, b"\0\x05\x16\x07", "a macOS resource file", "give the picture it belongs to"),
    (0, b"version https://git-lfs", "a Git LFS pointer", "fetch the file with: git lfs pull"),
    (0, b"\x7fELF", "a program", "give a picture"),
    (0, b"MZ", "a program", "give a picture"),
)

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_RIFF_KINDS: Mapping[bytes, str] = MappingProxyType(
    {b"AVI ": "an AVI video", b"WAVE": "a WAVE sound"}
)


def sniff(data: bytes | bytearray | memoryview) -> str:
    """Name the format of a file from its first bytes.

    Args:
        data: The file, or at least its first 1,024 bytes.

    Returns:
        One of `FORMATS`. Multi-picture files (MPO) begin as JPEG and count as JPEG.

    Raises:
        UnsupportedError: ``unsupported_format``; the message says what the bytes look like
            where that can be told, and what to do.
    """
    head = bytes(data[:_HEAD_BYTES])
    recognised = next(
        (row for row in _RECOGNISED if head.startswith(row[1], row[0])),
        None,
    )
    if recognised is not None:
        raise _unsupported(recognised[2], recognised[3])
    decoded = next((row[2] for row in _DECODED if head.startswith(row[1], row[0])), None)
    if decoded is not None:
        return decoded
    if head[:4] == b"RIFF":
        return _sniff_riff(head)
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(head)
    raise _unsupported(*_describe(head))


def _sniff_riff(head: bytes) -> str:
    kind = head[8:12]
    if kind == b"WEBP":
        return "WEBP"
    raise _unsupported(_RIFF_KINDS.get(kind, f"a RIFF file of kind {kind!r}"), _CONVERT)


def _sniff_iso_media(head: bytes) -> str:
    """Tell AVIF, HEIC and video apart by the brands of the ``ftyp`` box."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    # Bytes 12..16 hold the minor version, compatible brands follow.
    compatible = {head[at : at + 4] for at in range(16, length - 3, 4)}
    if major in _AVIF_BRANDS:
        return "AVIF"
    # The structural brands mif1 and msf1 leave open which codec is inside.
    if major in _HEIC_BRANDS:
        return "AVIF" if major in {b"mif1", b"msf1"} and compatible & _AVIF_BRANDS else "HEIC"
    if major == b"crx ":
        raise _unsupported("a Canon CR3 raw file", "develop it to JPEG or TIFF first")
    if compatible & _AVIF_BRANDS:
        return "AVIF"
    if compatible & _HEIC_BRANDS:
        return "HEIC"
    raise _unsupported(
        f"an MP4 or QuickTime video (brand {major.decode('latin-1')!r})", "extract a frame first"
    )


def _describe(head: bytes) -> tuple[str, str]:
    """Say what undecoded bytes without a clear signature look like, and the next step."""
    if head[:1] == b"P" and head[1:2] in b"1234567fF" and head[2:3].isspace():
        return "a Netpbm picture (PBM, PGM, PPM or PFM)", _CONVERT
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<") and b"<svg" in text:
        return "an SVG drawing", "render it to PNG first"
    if text.startswith((b"<!doctype html", b"<html")):
        return "an HTML page", "save the picture itself, not the page that shows it"
    if _looks_like_tga(head):
        return "a TGA picture", _CONVERT
    if text and all(byte >= 0x20 or byte in b"\t\r\n" for byte in head):
        return f"text beginning {head[:24].decode('latin-1')!r}", "give a picture"
    return f"of no known kind (first bytes {head[:8].hex(' ')})", _CONVERT


def _looks_like_tga(head: bytes) -> bool:
    """TGA has no magic number: every field of its header must be plausible instead."""
    if len(head) < 18:
        return False
    colour_map, kind, depth = head[1], head[2], head[16]
    return (
        (colour_map, kind) in {(1, 1), (1, 9), (0, 2), (0, 3), (0, 10), (0, 11)}
        and depth in {1, 8, 15, 16, 24, 32}
        and head[12:14] != b"\0\0"
        and head[14:16] != b"\0\0"
    )


def _unsupported(what: str, next_step: str) -> UnsupportedError:
    return UnsupportedError(
        f"the file is {what}, which is not decoded; {next_step}", code="unsupported_format"
    )
