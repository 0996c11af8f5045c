"""Pictures that are something else as well, each with a marker in what does not belong."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kept_pictures import picture

#: In every one of them, and in nothing that leaves.
MARKER = b"studio-detector-marker-7f3a9c"
_SCRIPT = b"<html><script>alert('" + MARKER + b"')</script></html>"


def _encoded(format_name, seed, **options):
    stream = io.BytesIO()
    Image.fromarray(picture(seed)).save(stream, format_name, **options)
    return stream.getvalue()


def _archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("page.html", _SCRIPT)
    return stream.getvalue()


def _with_exif(seed):
    exif = Image.Exif()
    exif[0x010E] = _SCRIPT.decode()
    return _encoded("JPEG", seed, quality=90, exif=exif)


def _with_text(seed):
    texts = PngInfo()
    texts.add_text("Comment", _SCRIPT.decode())
    return _encoded("PNG", seed, pnginfo=texts)


def _with_script_in_gif(seed):
    """Also a script, where browsers are not told what it is: `GIF89a/*...*/=1;...`."""
    data = bytearray(_encoded("GIF", seed))
    comment = b"*/=1;alert('" + MARKER + b"');/*"
    block = b"\x21\xfe" + bytes([len(comment)]) + comment + b"\0"
    tables = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    return bytes(data[:tables]) + block + bytes(data[tables:])


def _with_own_chunk(seed):
    data = _encoded("PNG", seed)
    body = b"stUd" + _SCRIPT
    chunk = struct.pack(">I", len(_SCRIPT)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def _with_profile(seed):
    # Not a profile at all, which is a warning.
    return _encoded("JPEG", seed, quality=90, icc_profile=_SCRIPT * 4)


#: Name -> file.
POLYGLOTS = {
    "a JPEG and an archive": _encoded("JPEG", 11, quality=90) + _archive(),
    "a JPEG with a page in its comment": _encoded("JPEG", 12, quality=90, comment=_SCRIPT),
    "a JPEG with a page in its EXIF": _with_exif(13),
    "a JPEG with a page for a profile": _with_profile(14),
    "a PNG with a page behind": _encoded("PNG", 15) + _SCRIPT,
    "a PNG with a page in a text": _with_text(16),
    "a PNG with a page in a chunk": _with_own_chunk(17),
    "a GIF and a script": _with_script_in_gif(18),
    "a WebP with a page in its XMP": _encoded("WEBP", 19, lossless=True, xmp=_SCRIPT),
    "a TIFF with a page in a tag": _encoded("TIFF", 20, description=_SCRIPT.decode()),
    "a BMP with an archive behind": _encoded("BMP", 21) + _archive(),
}
