"""What files say of their size, read without a decoder."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from studio_detector.errors import StudioDetectorError
from studio_detector.imaging import load
from studio_detector.imaging.declared_size import declared_pixels

FORMS = {
    "JPEG": ("JPEG", {}),
    "JPEG, progressive, with EXIF and a profile": (
        "JPEG",
        {"progressive": True, "exif": b"Exif\0\0" + bytes(60_000), "icc_profile": bytes(150_000)},
    ),
    "PNG": ("PNG", {}),
    "GIF": ("GIF", {}),
    "GIF with a comment": ("GIF", {"comment": b"c" * 5_000}),
    "BMP": ("BMP", {}),
    "WebP": ("WEBP", {}),
    "WebP, lossless": ("WEBP", {"lossless": True}),
    "WebP, extended": ("WEBP", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
    "TIFF": ("TIFF", {}),
    "TIFF, big": ("TIFF", {"big_tiff": True}),
    "AVIF": ("AVIF", {}),
}
MADE = [
    b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xc0\0\x11\x08\0\x10\0\x20\x03",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x20",
    b"GIF89a\x10\0\x20\0\x80\0\0" + bytes(6) + b",\0\0\0\0\x40\0\x40\0",
    b"BM" + bytes(12) + struct.pack("<Iii", 40, 16, -32),
    b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x0f\0\0\x1f\0\0",
    b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x0f\xc0\x07\0",
    b"II*\0\x08\0\0\0\x02\0" + struct.pack("<HHII", 256, 4, 1, 16)
    + struct.pack("<HHIHH", 257, 3, 1, 32, 0),
    b"\0\0\0\x14ftypavif\0\0\0\0avif\0\0\0\x20meta" + bytes(4) + b"\0\0\0\x14ispe\0\0\0\0"
    + struct.pack(">II", 16, 32),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [(120, 90), (90, 120), (1, 3)])
def test_the_size_is_that_of_the_decoder(encode, scene, form, size):
    """For each format, upright or not, small and very small."""
    format_name, options = FORMS[form]
    data = encode(scene.resize(size), format_name, **options)

    assert size[0] * size[1] == declared_pixels(data)


def test_so_it_is_for_the_whole_corpus(edge_folder):
    """What can be decoded is declared in full."""
    differing = []
    count = 0
    for row in (edge_folder / "INDEX.jsonl").read_text().splitlines():
        data = (edge_folder / json.loads(row)["file"]).read_bytes()
        try:
            frame = load(data)
        except StudioDetectorError:
            continue
        count += 1
        if declared_pixels(data) != frame.original_rows_px * frame.original_columns_px:
            differing.append(row)

    assert [] == differing
    assert count > 150


def test_a_bomb_is_weighed_by_what_it_says():
    """A hundred megapixels in a few bytes."""
    bomb = bytearray(MADE[1])
    bomb[16:24] = struct.pack(">II", 10_000, 10_000)

    assert 100_000_000 == declared_pixels(bytes(bomb))


def test_a_gif_is_as_large_as_its_first_picture():
    """Though the screen says less: decoders make room for it."""
    assert 64 * 64 == declared_pixels(MADE[2])


def test_an_avif_is_as_large_as_the_largest_of_its_parts():
    """A thumbnail, or a tile, in front of it hides nothing."""
    small = MADE[7] + b"\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", 640, 480)
    data = small.replace(b"\0\0\0\x20meta", b"\0\0\0\x34meta")

    assert 640 * 480 == declared_pixels(data)


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"PK\x03\x04", b"\xff\xd8\xff\xd9", MADE[0][:12]]
)
def test_what_declares_nothing_is_none(data):
    """Nor is it an error: it is weighed by its bytes."""
    assert declared_pixels(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + b"\xff\xe0\0\0" * 100_000,
        b"\xff\xd8\xff" + b"\xff" * 1_000_000,
        b"GIF89a" + bytes(7) + (b"!\xf9" + b"\x01\0" * 10_000 + b"\0") * 50,
        b"\0\0\0\x14ftypavif\0\0\0\0avif" + b"\0\0\0\x08free" * 100_000,
        b"\0\0\0\x14ftypavif\0\0\0\0avif\0\0\0\0meta" + b"ispe" * 500_000,
    ],
)
def test_the_steps_are_few(monkeypatch, data):
    """However long the file makes the way: each look at it is counted."""
    looks = []
    real = struct.unpack_from

    def counted(*arguments):
        looks.append(1)
        return real(*arguments)

    monkeypatch.setattr(struct, "unpack_from", counted)

    declared_pixels(data)

    assert len(looks) <= 2_500


def _cut(data, at):
    return data[: at % (len(data) + 1)]


def _changed(data, at, byte):
    at %= len(data)
    return data[:at] + bytes([byte]) + data[at + 1 :]


@given(st.sampled_from(MADE), st.integers(0, 200), st.integers(0, 200), st.integers(0, 255))
@example(MADE[6], 10, 200, 255)
def test_damage_is_no_error(data, cut, at, byte):
    """Cut short or changed: a number from 1, or none."""
    for damaged in (_cut(data, cut), _changed(data, at, byte)):
        pixels = declared_pixels(damaged)

        assert pixels is None or pixels >= 1


@given(st.sampled_from([made[:12] for made in MADE]), st.binary(max_size=400))
def test_nor_is_anything_behind_a_signature(head, rest):
    """Whatever the bytes."""
    pixels = declared_pixels(head + rest)

    assert pixels is None or pixels >= 1


def test_a_heic_is_read_like_an_avif():
    """They differ in the codec alone."""
    assert 16 * 32 == declared_pixels(MADE[7].replace(b"avif", b"heic"))


def test_the_size_does_not_depend_on_the_mode(encode):
    """Nor on the depth."""
    for mode in ("1", "L", "P", "RGB", "RGBA", "I;16"):
        assert 35 == declared_pixels(encode(Image.new(mode, (5, 7)), "PNG"))
