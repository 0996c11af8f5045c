"""Confined or not, a child decodes every format to the same pixels, and by its decoder alone."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from studio_detector.errors import InputError
from studio_detector.imaging import FORMATS, IsolatedLoader, Limits, decode, jpeg, load

OPTIONS = [
    ("JPEG", {"quality": 90}),
    ("JPEG", {"quality": 90, "progressive": True}),
    ("PNG", {}),
    ("WEBP", {"quality": 90}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "jpeg"}),
    ("BMP", {}),
    ("GIF", {}),
    ("AVIF", {"quality": 90}),
]


@pytest.fixture(scope="module")
def confined():
    with IsolatedLoader(timeout_s=60, sandbox="auto") as loader:
        yield loader


@pytest.fixture(scope="module")
def unconfined():
    with IsolatedLoader(timeout_s=60, sandbox="off") as loader:
        yield loader


@pytest.fixture
def heic(edge_folder):
    pytest.importorskip("pi_heif")
    return next(path for path in sorted(edge_folder.rglob("*.hei[cf]")) if is_decoded(path))


def is_decoded(path):
    try:
        return load(path).format == "HEIC"
    except InputError:
        return False


@pytest.mark.parametrize(("format_name", "options"), OPTIONS)
def test_pixels_are_the_same(confined, unconfined, encode, scene, format_name, options):
    """And so is everything else that a frame holds."""
    data = encode(scene, format_name, **options)
    frames = [confined.load(data), unconfined.load(data), load(data)]

    assert 1 == len({frame.rgb.tobytes() for frame in frames})
    assert 1 == len({(frame.format, frame.warnings, frame.sha256) for frame in frames})
    assert format_name == frames[0].format


@pytest.mark.edge
def test_a_decoder_that_is_loaded_when_it_is_first_needed_is_found(confined, unconfined, heic):
    """That of HEIC comes with libraries of its own."""
    assert np.array_equal(confined.load(heic).rgb, unconfined.load(heic).rgb)


def test_every_format_is_tried():
    """Those above and HEIC."""
    assert set(FORMATS) == {name for name, _ in OPTIONS} | {"HEIC"}


class TestDecoders:
    @pytest.fixture
    def met(self, monkeypatch):
        """Names of the decoders that met a picture; `Image.open` would try all of them."""
        met = []

        def noting(name, opener):
            def note(*arguments):
                met.append(name)
                return opener(*arguments)

            return note

        openers = {name: noting(name, opener) for name, opener in decode._OPENERS.items()}
        monkeypatch.setattr(decode, "_OPENERS", openers)
        monkeypatch.setattr(jpeg, "open_file", noting("JPEG", jpeg.open_file))
        monkeypatch.setattr(decode, "_open_heic", noting("HEIC", decode._open_heic))
        monkeypatch.setattr(Image, "open", noting("any", Image.open))
        return met

    @pytest.mark.parametrize(("format_name", "options"), OPTIONS)
    def test_only_the_decoder_of_the_magic_number_meets_a_picture(
        self, met, encode, scene, format_name, options
    ):
        """Whatever follows it: here the file of every other format."""
        others = b"".join(encode(scene, name, **more) for name, more in OPTIONS)
        load(encode(scene, format_name, **options) + others)

        assert [format_name] == met

    @pytest.mark.edge
    def test_only_that_of_heic_meets_heic(self, met, heic):
        """Which Pillow has no part in."""
        met.clear()
        load(heic)

        assert ["HEIC"] == met

    @pytest.mark.parametrize(("format_name", "options"), OPTIONS)
    def test_none_meets_a_picture_that_begins_otherwise(
        self, met, encode, scene, format_name, options
    ):
        """As an archive or a page with a picture behind its first bytes."""
        for head in (b"PK\x03\x04", b"<html>", b"%PDF-1.7\n", b"\0", b"GIF88a"):
            with pytest.raises(InputError):
                load(head + encode(scene, format_name, **options))

        assert [] == met

    def test_a_wrong_magic_number_is_not_put_right(self, met, encode, scene):
        """A PNG that claims to be a JPEG is a broken JPEG."""
        data = b"\xff\xd8\xff" + encode(scene, "PNG")[3:]
        with pytest.raises(InputError):
            load(io.BytesIO(data), limits=Limits())

        assert {"JPEG"} >= set(met)
