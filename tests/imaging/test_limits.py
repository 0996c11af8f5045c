"""Limits: each one bites, all can be set, and they can be validated from outside."""

from __future__ import annotations

import dataclasses
import io
import struct

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from studio_detector.errors import ConfigError, LimitError, UnsupportedError
from studio_detector.imaging import Limits, load
from studio_detector.imaging.jpeg import MAX_SCANS

NAMES = [field.name for field in dataclasses.fields(Limits)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_limits_below_one_are_refused(name, value):
    """By the class itself, and by pydantic from its annotations alone."""
    with pytest.raises(ConfigError, match=name) as caught:
        Limits(**{name: value})

    assert "config_invalid_value" == caught.value.code
    with pytest.raises(ValidationError):
        TypeAdapter(Limits).validate_python({name: value})


def test_limits_can_be_validated_from_outside():
    """Text from an environment becomes numbers."""
    assert Limits(max_pixels=7) == TypeAdapter(Limits).validate_python({"max_pixels": "7"})


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_file_bytes": 1000}, "limit_file_size"),
        ({"max_pixels": 10_799}, "limit_pixels"),
        ({"max_side_px": 119}, "limit_side"),
        ({"max_aspect_ratio": 1.3}, "limit_aspect"),
        ({"max_decode_bytes": 1_000_000}, "limit_memory"),
    ],
)
def test_each_limit_bites_and_names_itself(encode, scene, tmp_path, limits, code):
    """From bytes, a path and a stream alike; the message names the value and the setting."""
    data = encode(scene, "PNG")
    path = tmp_path / "scene"
    path.write_bytes(data)
    for source in (data, path, io.BytesIO(data)):
        with pytest.raises(LimitError, match=next(iter(limits))) as caught:
            load(source, limits=Limits(**limits))

        assert code == caught.value.code


def test_a_picture_exactly_at_the_limits_passes(encode, scene):
    """Bounds are inclusive."""
    data = encode(scene, "PNG")
    limits = Limits(
        max_file_bytes=len(data), max_pixels=10_800, max_side_px=120, max_aspect_ratio=4 / 3
    )

    assert (90, 120, 3) == load(data, limits=limits).rgb.shape


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_frames_are_counted_without_decoding(encode, format_name):
    """Three frames pass a limit of three and not one of two."""
    frames = [Image.new("RGB", (16, 16), (60 * index, 0, 0)) for index in range(3)]
    data = encode(frames[0], format_name, save_all=True, append_images=frames[1:])

    assert load(data, limits=Limits(max_frames=3)).warnings
    with pytest.raises(LimitError) as caught:
        load(data, limits=Limits(max_frames=2))
    assert "limit_frames" == caught.value.code


def test_counting_a_million_frames_stops_early():
    """A GIF of 20 bytes a frame; only as many are visited as the limit allows."""
    head = b"GIF89a" + struct.pack("<HHBBB", 5000, 5000, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 5000, 5000, 0) + b"\x02\x02\x44\x01\x00"
    data = head + frame * 1_000_000 + b";"
    with pytest.raises(LimitError, match="1001 frames or more") as caught:
        load(data)

    assert "limit_frames" == caught.value.code


def test_a_tiff_whose_pages_form_a_ring_ends(encode, scene):
    """The next-page offset points back at the first page."""
    data = bytearray(encode(scene, "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * entries, first)

    assert np.array_equal(np.asarray(scene), load(bytes(data)).rgb)


def test_a_jpeg_of_endless_scans_is_refused(encode, scene):
    """Every scan visits the whole picture, however little it holds."""
    data = encode(scene, "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    scan = data[start:-2]
    bomb = data[:-2] + scan * (MAX_SCANS + 1) + data[-2:]
    with pytest.raises(UnsupportedError, match="scans"):
        load(bomb)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_long_thin_pictures_need_permission(encode, format_name):
    """30,000 x 1 (16,000 for WebP, which ends there): refused, then decoded when allowed."""
    columns = 16_000 if format_name == "WEBP" else 30_000
    data = encode(Image.new("RGB", (columns, 1), (200, 100, 50)), format_name)
    with pytest.raises(LimitError) as caught:
        load(data)
    assert "limit_aspect" == caught.value.code

    frame = load(data, limits=Limits(max_aspect_ratio=1e5))
    assert (1, 512, 3) == frame.rgb.shape
    assert np.abs(frame.rgb.astype(int) - (200, 100, 50)).max() <= 12


def test_pillows_own_bomb_check_is_not_consulted(encode, monkeypatch):
    """The pixel limit is ours; only Pillow's TIFF and WebP readers still ask its constant."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    for format_name in ("JPEG", "PNG", "BMP", "AVIF"):
        assert load(encode(Image.new("RGB", (40, 40)), format_name)).rgb.shape == (40, 40, 3)


def test_an_endless_stream_is_left_after_the_limit():
    """Reading stops one byte beyond."""

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(LimitError):
        load(stream, limits=Limits(max_file_bytes=5_000_000))

    assert 5_000_001 == stream.given


@pytest.mark.parametrize("working_size_px", [0, -5])
def test_the_working_size_must_be_positive(encode, scene, working_size_px):
    """It is a setting, so the error is one of configuration."""
    with pytest.raises(ConfigError, match="working_size_px"):
        load(encode(scene, "PNG"), working_size_px=working_size_px)
