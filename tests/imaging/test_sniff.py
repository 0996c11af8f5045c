"""Formats by their first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.errors import UnsupportedError
from studio_detector.imaging import FORMATS, sniff


def _ftyp(major, *compatible):
    body = major + bytes(4) + b"".join(compatible)
    return (8 + len(body)).to_bytes(4, "big") + b"ftyp" + body


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WEBP"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"MM\0+\0\x08\0\0", "TIFF"),
        (b"BM6\0\0\0", "BMP"),
        (_ftyp(b"avif", b"mif1"), "AVIF"),
        (_ftyp(b"avis", b"msf1"), "AVIF"),
        (_ftyp(b"mif1", b"avif", b"miaf"), "AVIF"),
        (_ftyp(b"heic", b"mif1"), "HEIC"),
        (_ftyp(b"mif1", b"heic"), "HEIC"),
        (_ftyp(b"hevc", b"msf1"), "HEIC"),
    ],
)
def test_formats_are_told_by_their_magic_numbers(head, expected):
    """Each decoded format, in each of its forms."""
    assert expected == sniff(head)
    assert expected == sniff(memoryview(head + bytes(2000)))
    assert expected in FORMATS


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (b"P6\n8 8\n255\n", "Netpbm"),
        (b"P5 8 8 255 ", "Netpbm"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"qoif", "QOI"),
        (b"\xff\x0a\xfa", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"v/1\x01", "OpenEXR"),
        (b"\0\0\x01\0\x01\0", "icon"),
        (bytes((0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 8, 0, 24, 0)), "TGA"),
        (bytes((0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 8, 0, 24, 0)), "TGA"),
        (b'<?xml version="1.0"?>\n<svg xmlns=', "SVG"),
        (b"\xef\xbb\xbf  <svg>", "SVG"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "ZIP"),
        (b"\x1a\x45\xdf\xa3", "WebM"),
        (b"RIFF\0\0\0\0AVI ", "AVI"),
        (b"RIFF\0\0\0\0ABCD", "RIFF"),
        (_ftyp(b"isom", b"mp41"), "MP4"),
        (_ftyp(b"qt  "), "QuickTime"),
        (_ftyp(b"crx "), "CR3"),
        (b"II*\0\x10\0\0\0CR\x02\0", "CR2"),
        (b"FUJIFILMCCD-RAW ", "RAF"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"just some words", "text"),
        (b"\x07\x03\x9c\xfe", "07 03 9c fe"),
    ],
)
def test_what_is_not_decoded_is_named(head, named):
    """The message says what the bytes look like."""
    with pytest.raises(UnsupportedError, match=named) as caught:
        sniff(head)

    assert "unsupported_format" == caught.value.code


@given(st.binary(max_size=64))
def test_any_bytes_are_answered(head):
    """A format or one kind of error, nothing else."""
    try:
        answer = sniff(head)
    except UnsupportedError as error:
        answer = error.code

    assert answer in {*FORMATS, "unsupported_format"}
