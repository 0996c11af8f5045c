"""Pictures, names and notes with words in them that can be searched for, byte by byte."""

from __future__ import annotations

import io
import secrets
import struct
import zipfile
from dataclasses import dataclass, field

from PIL import Image, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from kept_pictures import picture

_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="{word}"/></rdf:RDF></x:xmpmeta>'
)
_OWNER = 0xA430
_SERIAL = 0xA431


def _word(kind):
    return f"{kind}{secrets.token_hex(10)}"


@dataclass(frozen=True)
class Marks:
    """Words that nothing else has, by the place where each is put."""

    exif: str = field(default_factory=lambda: _word("EXIF"))
    pixels: str = field(default_factory=lambda: _word("PIXELS"))
    file_name: str = field(default_factory=lambda: _word("FILENAME"))
    member: str = field(default_factory=lambda: _word("MEMBER"))
    damaged: str = field(default_factory=lambda: _word("DAMAGED"))
    url: str = field(default_factory=lambda: _word("URL"))
    callback: str = field(default_factory=lambda: _word("CALLBACK"))
    tag: str = field(default_factory=lambda: _word("TAG"))
    key: str = field(default_factory=lambda: _word("KEY"))
    note: str = field(default_factory=lambda: _word("NOTE"))

    def words(self, *names):
        """The words as bytes, by name; all of them unless some are named."""
        return {name: getattr(self, name).encode() for name in names or self.__dataclass_fields__}


def jpeg(marks, seed):
    """Says in EXIF, XMP and a comment who took it, where, and with what."""
    exif = Image.Exif()
    for tag in (Base.Artist, Base.Copyright, Base.ImageDescription, Base.Make, Base.Software):
        exif[tag] = marks.exif
    details = exif.get_ifd(IFD.Exif)
    for tag in (_OWNER, _SERIAL):
        details[tag] = marks.exif
    details[Base.UserComment] = b"ASCII\0\0\0" + marks.exif.encode()
    place = exif.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitudeRef] = "N"
    place[GPS.GPSLatitude] = (48.0, 8.0, 14.0)
    place[GPS.GPSAreaInformation] = b"ASCII\0\0\0" + marks.exif.encode()
    return _saved(
        _image(marks, seed),
        "JPEG",
        quality=95,
        exif=exif,
        comment=marks.exif.encode(),
        xmp=_XMP.format(word=marks.exif).encode(),
    )


def odd_jpeg(marks, seed):
    """Has words where a number belongs, which warnings might repeat."""
    words = marks.exif.encode() + b"\0"
    # A TIFF whose one entry, the orientation, is text behind the directory.
    entry = struct.pack("<HHII", Base.Orientation, 2, len(words), 26)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4) + words
    return _saved(_image(marks, seed), "JPEG", quality=95, exif=exif)


def png(marks, seed):
    """Says it in chunks of text."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", marks.exif)
    info.add_itxt("XML:com.adobe.xmp", _XMP.format(word=marks.exif))
    return _saved(_image(marks, seed), "PNG", pnginfo=info)


def bmp(marks, seed):
    """Its pixels are what they are, so that the words in them can be read in the file."""
    return _saved(_image(marks, seed), "BMP")


def tiff(marks, seed):
    """The same, with a photographer."""
    exif = Image.Exif()
    exif[Base.Artist] = marks.exif
    return _saved(_image(marks, seed), "TIFF", exif=exif)


def archive(marks, seed):
    """A zip of pictures with names, and of one that is none."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(f"{marks.member} one.bmp", bmp(marks, seed))
        packed.writestr(f"{marks.member} two.jpg", odd_jpeg(marks, seed + 1))
        packed.writestr(f"{marks.damaged}.jpg", b"\xff\xd8\xff\xe0 " + marks.exif.encode())
    return file.getvalue()


def _image(marks, seed):
    pixels = picture(seed)
    word = marks.pixels.encode()
    for row in (3, 90):
        line = pixels[row].reshape(-1)
        line[: len(word)] = list(word)
        # Blue comes first in a bitmap.
        turned = word + b" " * (-len(word) % 3)
        pixels[row + 2].reshape(-1)[: len(turned)] = [
            turned[at - at % 3 + 2 - at % 3] for at in range(len(turned))
        ]
    return Image.fromarray(pixels)


def _saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
