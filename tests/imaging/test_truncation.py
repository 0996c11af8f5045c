"""Cut files are errors, in every format and wherever the cut falls; never half a picture."""

from __future__ import annotations

import functools
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio_detector.errors import CODES, DecodeError, InputError
from studio_detector.imaging import Frame, load

END_OF_IMAGE = b"\xff\xd9"

KINDS = {
    "JPEG": ("JPEG", "RGB", {"quality": 90}),
    "JPEG 4:4:4": ("JPEG", "RGB", {"subsampling": 0, "optimize": True}),
    "JPEG progressive": ("JPEG", "RGB", {"progressive": True}),
    "JPEG grey": ("JPEG", "L", {}),
    "JPEG inks": ("JPEG", "CMYK", {}),
    "JPEG restarts": ("JPEG", "RGB", {"restart_marker_blocks": 4}),
    "PNG": ("PNG", "RGB", {}),
    "PNG palette": ("PNG", "P", {}),
    "PNG alpha": ("PNG", "RGBA", {}),
    "WebP": ("WEBP", "RGB", {}),
    "WebP lossless": ("WEBP", "RGB", {"lossless": True}),
    "TIFF": ("TIFF", "RGB", {}),
    "TIFF LZW": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    "TIFF deflate": ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"}),
    "TIFF JPEG": ("TIFF", "RGB", {"compression": "jpeg"}),
    "BMP": ("BMP", "RGB", {}),
    "GIF": ("GIF", "P", {}),
    "AVIF": ("AVIF", "RGB", {}),
}
#: Bytes at the end that hold no pixels: the end marker of JPEG and GIF; of PNG the IEND chunk
#: and the checksums behind the last pixel.
CLOSING_BYTES = {"JPEG": 2, "GIF": 2, "PNG": 26}


@functools.cache
def _file(kind: str) -> tuple[bytes, Frame]:
    format_name, mode, options = KINDS[kind]
    rows, columns = np.mgrid[0:60, 0:80].astype(np.float64)
    noise = np.random.default_rng(5).normal(0, 15, (60, 80, 3))
    samples = np.stack([columns * 3, rows * 4, columns + rows], axis=2) + noise
    picture = Image.fromarray(np.clip(samples, 0, 255).astype(np.uint8)).convert(mode)
    stream = io.BytesIO()
    picture.save(stream, format_name, **options)
    return stream.getvalue(), load(stream.getvalue())


@pytest.mark.parametrize("kind", KINDS)
@given(share=st.floats(0, 1, exclude_max=True), from_the_end=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_cut_file_is_an_error_or_whole(kind, share, from_the_end):
    """A frame comes out only if all that was cut off were closing bytes."""
    data, whole = _file(kind)
    cut_bytes = 1 + int(share * (60 if from_the_end else len(data) - 1))
    try:
        frame = load(data[:-cut_bytes])
    except InputError:
        return

    assert cut_bytes <= CLOSING_BYTES.get(whole.format, 0)
    assert np.array_equal(whole.rgb, frame.rgb)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("JPEG")])
class TestClosedTooSoon:
    """JPEGs that were cut and given an end: libjpeg pads them with grey and stays silent."""

    @pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
    def test_an_end_marker_does_not_hide_the_cut(self, kind, share):
        """The grey is noticed, and so are missing progressive scans."""
        data, whole = _file(kind)
        # In a progressive file, up to its last scan; for that one see the test below.
        start = data.index(b"\xff\xda")
        stop = data.rindex(b"\xff\xda") if kind == "JPEG progressive" else len(data)
        cut = data[: start + int(share * (stop - start))]

        with pytest.raises(DecodeError) as caught:
            load(cut + END_OF_IMAGE)
        assert "truncated" == caught.value.code
        assert "JPEG" == whole.format

    def test_reserved_but_unfilled_space_does_not_hide_the_cut(self, kind):
        """Download managers allocate the whole file first; its rest stays zero."""
        data, _ = _file(kind)
        half = len(data) * 6 // 10

        with pytest.raises(DecodeError) as caught:
            load(data[:half] + bytes(len(data) - half))
        assert "truncated" == caught.value.code

    def test_bytes_behind_the_end_are_no_damage(self, kind):
        """Archives, previews and padding follow many pictures."""
        data, whole = _file(kind)

        for tail in (bytes(1000), b"PK\x03\x04", data):
            frame = load(data + tail)
            assert np.array_equal(whole.rgb, frame.rgb)
            assert whole.warnings == frame.warnings

    def test_a_complete_scan_without_an_end_marker_passes(self, kind):
        """Some cameras forget it; nothing of the picture is lost."""
        data, whole = _file(kind)
        frame = load(data[:-2])

        assert np.array_equal(whole.rgb, frame.rgb)
        assert any("no end-of-image marker" in warning for warning in frame.warnings)


def test_a_picture_that_really_ends_in_mid_grey_passes():
    """The grey of padding is only a suspicion."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 64), (128, 128, 128)).save(stream, "JPEG")

    assert (load(stream.getvalue()).rgb == 128).all()


def test_what_slips_through_costs_next_to_nothing():
    """A progressive JPEG cut in its very last scan and closed by hand loses the lowest bit of
    some coefficients: the one case that is not noticed, a few levels even when all are lost
    and the picture is as noisy as this one.
    """
    data, whole = _file("JPEG progressive")
    frame = load(data[: data.rindex(b"\xff\xda") + 12] + END_OF_IMAGE)

    assert np.abs(frame.rgb.astype(int) - whole.rgb).mean() < 10


@pytest.mark.parametrize("kind", KINDS)
@given(position=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
@settings(max_examples=25, deadline=None)
def test_flipped_bytes_give_a_frame_or_a_coded_error(kind, position, value):
    """Bit rot may or may not be noticed, but nothing else than our errors comes out."""
    data = bytearray(_file(kind)[0])
    data[int(position * len(data))] = value

    assert _outcome(bytes(data)) in {
        "frame", "truncated", "corrupt", "unsupported_format", "unsupported_variant", "memory",
        "limit_pixels", "limit_side", "limit_aspect", "limit_memory", "limit_frames",
    }  # fmt: skip


@given(st.binary(max_size=200), st.sampled_from([*KINDS, ""]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_behind_any_magic_number_are_answered(junk, kind):
    """Noise with a signature in front."""
    head = _file(kind)[0][:24] if kind else b""

    assert _outcome(head + junk) in {"frame", *CODES}


def _outcome(data):
    try:
        load(data)
    except InputError as error:
        return error.code
    return "frame"
