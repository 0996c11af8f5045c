"""What both loaders promise: the same frame and the same errors, in this process or a child."""

from __future__ import annotations

import io
import os
import threading

import numpy as np
import pytest
from PIL import Image

from studio_detector.errors import (
    DecodeError,
    InputError,
    LimitError,
    UnreadableError,
    UnsupportedError,
)
from studio_detector.imaging import FORMATS, Frame, IsolatedLoader, Limits, load

LOSSLESS = [
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", {"compression": "packbits"}),
    ("BMP", {}),
]
LOSSY = [
    ("JPEG", {"quality": 95, "subsampling": 0}),
    ("JPEG", {"quality": 95, "progressive": True}),
    ("AVIF", {"quality": 95}),
    ("WEBP", {"quality": 95}),
    ("GIF", {}),
]


class TestFrame:
    """What a frame holds."""

    @pytest.mark.parametrize(("format_name", "options"), LOSSLESS)
    def test_lossless_formats_give_their_pixels_back(
        self, any_load, encode, scene, format_name, options
    ):
        """A picture that needs no reduction comes out as it went in."""
        frame = any_load(encode(scene, format_name, **options))

        assert format_name == frame.format
        assert (90, 120) == (frame.original_rows_px, frame.original_columns_px)
        assert np.array_equal(np.asarray(scene), frame.rgb)
        assert () == frame.warnings

    @pytest.mark.parametrize(("format_name", "options"), LOSSY)
    def test_lossy_formats_come_close(self, any_load, encode, scene, format_name, options):
        """A lossy picture keeps its colours within what its encoder lost."""
        frame = any_load(encode(scene, format_name, **options))

        assert format_name == frame.format
        difference = np.abs(frame.rgb.astype(int) - np.asarray(scene).astype(int))
        assert difference.mean() < (12 if format_name == "GIF" else 8)

    def test_pixels_are_read_only_contiguous_rgb_bytes(self, any_load, encode, scene):
        """Nobody can change a shared picture by accident."""
        rgb = any_load(encode(scene, "PNG")).rgb

        assert np.uint8 == rgb.dtype
        assert rgb.flags.c_contiguous
        assert not rgb.flags.writeable

    def test_the_digest_is_that_of_the_bytes(self, any_load, encode, scene):
        """Arrays have no bytes, hence no digest."""
        import hashlib

        data = encode(scene, "PNG")

        assert hashlib.sha256(data).hexdigest() == any_load(data).sha256
        assert any_load(np.asarray(scene)).sha256 is None

    def test_every_kind_of_source_gives_the_same_frame(self, any_load, encode, scene, tmp_path):
        """Path, text path, bytes, view, stream and array are ways in, not ways to differ."""
        data = encode(scene, "PNG")
        path = tmp_path / "scene.jpg"
        path.write_bytes(data)
        with path.open("rb") as stream:
            sources = [path, str(path), data, bytearray(data), memoryview(data), stream]
            frames = [any_load(source) for source in sources]

        assert all(_same(frames[0], frame) for frame in frames)
        assert np.array_equal(frames[0].rgb, any_load(np.asarray(scene)).rgb)

    def test_the_extension_does_not_matter(self, any_load, encode, scene, tmp_path):
        """A WebP named .png is a WebP."""
        path = tmp_path / "scene.png"
        path.write_bytes(encode(scene, "WEBP"))

        assert "WEBP" == any_load(path).format

    @pytest.mark.parametrize(
        "name",
        [
            "line\nbreak.png",
            "'quoted\".png",
            "--help",
            " spaces ",
            "txt.\u202egnp",
            "-",
            "ä漢🙂.png",
        ],
    )
    def test_hostile_names_are_only_names(self, any_load, encode, scene, tmp_path, name):
        """A file can be called anything."""
        path = tmp_path / name
        path.write_bytes(encode(scene, "PNG"))

        assert (90, 120, 3) == any_load(path).rgb.shape

    @pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (8, 8), (2000, 100), (7, 5)])
    def test_odd_sizes_pass(self, any_load, encode, size):
        """From one pixel to twenty to one; the short side never vanishes."""
        frame = any_load(encode(Image.new("RGB", size, (10, 200, 30)), "PNG"))

        assert size == (frame.original_columns_px, frame.original_rows_px)
        assert 512 >= max(frame.rgb.shape[:2])
        assert (frame.rgb == (10, 200, 30)).all()

    def test_animations_give_their_first_frame_and_a_warning(self, any_load, encode, scene):
        """Whatever the container."""
        other = Image.new("RGB", scene.size, "red")
        for format_name in ("GIF", "WEBP", "PNG", "AVIF", "TIFF"):
            frame = any_load(encode(scene, format_name, save_all=True, append_images=[other]))

            assert ("The file has several frames or pages; the first was taken.",) == frame.warnings
            assert np.abs(frame.rgb.astype(int) - np.asarray(scene)).mean() < 12

    def test_a_multi_picture_file_counts_as_a_jpeg(self, any_load, encode, scene):
        """The other pictures of an MPO are views and previews."""
        frame = any_load(encode(scene, "MPO", save_all=True, append_images=[scene]))

        assert ("JPEG", ()) == (frame.format, frame.warnings)


class TestErrors:
    """What a refusal says."""

    def test_unreadable_sources_have_codes(self, any_load, tmp_path):
        """Nothing there, a folder, no bytes, a name no file can have."""
        empty = tmp_path / "empty.jpg"
        empty.touch()
        (tmp_path / "file").touch()
        for source, code in (
            (tmp_path / "absent.jpg", "not_found"),
            (tmp_path / "file" / "below.jpg", "not_found"),
            ("", "not_found"),
            ("nul\0byte", "not_found"),
            ("long" * 1000, "not_found"),
            (tmp_path, "not_a_file"),
            (empty, "empty"),
            (b"", "empty"),
            (io.BytesIO(), "empty"),
            (io.StringIO("text"), "read_failed"),
            (None, "read_failed"),
        ):
            with pytest.raises(UnreadableError) as caught:
                any_load(source)

            assert code == caught.value.code, source

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_pipes_and_devices_do_not_hang(self, any_load, tmp_path):
        """A pipe without a writer would wait for ever."""
        os.mkfifo(tmp_path / "pipe.jpg")
        for path in (tmp_path / "pipe.jpg", "/dev/zero"):
            with pytest.raises(UnreadableError) as caught:
                any_load(path)

            assert "not_a_file" == caught.value.code

    def test_a_file_name_cannot_break_the_message(self, any_load, tmp_path):
        """Line breaks and direction overrides are shown escaped."""
        with pytest.raises(UnreadableError) as caught:
            any_load(tmp_path / "a\nb\u202ec.jpg")

        assert "\n" not in caught.value.message
        assert "\u202e" not in caught.value.message

    def test_unknown_bytes_are_named_where_possible(self, any_load):
        """The message says what the bytes look like and what to do."""
        with pytest.raises(UnsupportedError, match=r"Photoshop document.*export") as caught:
            any_load(b"8BPS" + bytes(100))

        assert "unsupported_format" == caught.value.code

    def test_damage_is_an_error(self, any_load, encode, scene):
        """Damaged chunks and cut files give codes, not half a picture."""
        png = bytearray(encode(scene, "PNG"))
        png[20] ^= 0xFF
        with pytest.raises(DecodeError) as caught:
            any_load(bytes(png))
        assert "corrupt" == caught.value.code

        with pytest.raises(DecodeError) as caught:
            any_load(encode(scene, "JPEG")[:1500])
        assert "truncated" == caught.value.code

    def test_claims_of_size_are_refused_before_pixels(self, any_load, encode):
        """A header of a few bytes may claim anything."""
        data = bytearray(encode(Image.new("L", (8, 8)), "JPEG"))
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = b"\xfa\xfa\xfa\xfa"
        with pytest.raises(LimitError) as caught:
            any_load(bytes(data))

        assert "limit_pixels" == caught.value.code

    def test_invalid_arrays_have_a_code(self, any_load):
        """An array must be a picture."""
        with pytest.raises(InputError) as caught:
            any_load(np.zeros((4, 4, 7), dtype=np.uint8))

        assert "invalid_array" == caught.value.code


class TestAgreement:
    """Equal bytes give equal pixels, wherever they are decoded."""

    @pytest.mark.parametrize("format_name", [name for name in FORMATS if name != "HEIC"])
    def test_child_and_parent_agree(self, isolated_loader, encode, format_name):
        """A reduced picture of every format is the same to the last bit."""
        noise = np.random.default_rng(1).integers(0, 256, (700, 900, 3), dtype=np.uint8)
        data = encode(Image.fromarray(noise), format_name)

        assert _same(load(data), isolated_loader.load(data))

    def test_threads_agree(self, encode):
        """Decoding in eight threads at once changes nothing, warnings filters included."""
        import warnings

        noise = np.random.default_rng(2).integers(0, 256, (300, 1200, 3), dtype=np.uint8)
        data = encode(Image.fromarray(noise), "JPEG")
        expected, filters = load(data), list(warnings.filters)
        frames: list[Frame] = []
        threads = [
            threading.Thread(target=lambda: frames.extend(load(data) for _ in range(5)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 40 == len(frames)
        assert all(_same(expected, frame) for frame in frames)
        assert filters == list(warnings.filters)

    def test_limits_reach_the_child(self, encode, scene):
        """The child refuses by the parent's limits."""
        with (
            IsolatedLoader(limits=Limits(max_pixels=100)) as loader,
            pytest.raises(LimitError) as caught,
        ):
            loader.load(encode(scene, "PNG"))

        assert "limit_pixels" == caught.value.code


def _same(first: Frame, second: Frame) -> bool:
    return np.array_equal(first.rgb, second.rgb) and all(
        getattr(first, name) == getattr(second, name)
        for name in ("format", "original_rows_px", "original_columns_px", "warnings", "sha256")
    )
