"""Metadata beyond its bound: not interpreted, and no bomb."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from studio_detector.errors import InputError
from studio_detector.imaging import Limits, load

SMALL = Limits(max_metadata_bytes=400)
FORMS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
TURNED = b'<x:xmpmeta xmlns:tiff="t"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def warned(frame, word):
    return [text for text in frame.warnings if word in text and "too large" in text]


def chunk(kind, data):
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(png, *chunks):
    """A PNG with more chunks after its first."""
    return png[:33] + b"".join(chunks) + png[33:]


def outcome(data):
    """The pixels, or the code of the error."""
    try:
        return load(data).rgb
    except InputError as error:
        return error.code


@pytest.fixture(scope="module")
def lossless(scene, encode):
    """The scene as a PNG without anything beside its pixels."""
    return encode(scene, "PNG")


@pytest.mark.parametrize("form", FORMS)
def test_a_profile_that_is_too_large_is_not_read(encode, scene, form):
    """The picture is taken for sRGB, and that is said."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert len(profile) > 400
    data = encode(scene, form, icc_profile=profile)

    assert warned(load(data, limits=SMALL), "colour profile")
    assert not warned(load(data), "colour profile")


# The other formats are turned by what their own structure says.
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_that_is_too_large_is_not_read(encode, scene, form):
    """Nor is its orientation obeyed."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "x" * 1000
    data = encode(scene, form, exif=exif)

    frame = load(data, limits=SMALL)

    assert warned(frame, "EXIF")
    assert load(data).rgb.shape[:2] == frame.rgb.shape[1::-1]


def test_xmp_of_megabytes_is_looked_through_once(lossless, scene):
    """For the one word that turns a picture; nothing of it is parsed as XML, so nothing expands."""
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
    text = entities + b"&b;" * 300_000 + TURNED
    turned = with_chunks(lossless, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + text))

    assert np.array_equal(np.rot90(load(lossless).rgb, -1), load(turned).rgb)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_text_that_unpacks_to_a_thousand_times_its_size_is_refused(lossless, kind):
    """Before it has filled the memory: each chunk by itself."""
    bomb = zlib.compress(bytes(64 * PngImagePlugin.MAX_TEXT_CHUNK), 9)
    between = {b"zTXt": b"\0\0", b"iTXt": b"\0\1\0\0\0", b"iCCP": b"\0\0"}[kind]

    said = outcome(with_chunks(lossless, chunk(kind, b"name" + between + bomb)))

    assert isinstance(said, np.ndarray) or said == "corrupt"


def test_nor_do_many_small_ones_fill_it(lossless):
    """Together they have a bound too."""
    packed = zlib.compress(bytes(PngImagePlugin.MAX_TEXT_CHUNK - 1), 9)
    many = [chunk(b"zTXt", b"n%d\0\0" % n + packed) for n in range(70)]

    with pytest.raises(InputError) as caught:
        load(with_chunks(lossless, *many))

    assert "corrupt" == caught.value.code
