"""What becomes of files on bad disks, bad lines and in bad hands; equal chances, equal files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

#: The beginnings of other kinds of files, put before the rest of a picture.
_HEADERS = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    b"\xff\xd8\xff\xe1\xff\xffExif\x00\x00",
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR",
    b"GIF89a",
    b"RIFF\xff\xff\xff\x7fWEBPVP8X",
    b"II*\x00\x08\x00\x00\x00",
    b"MM\x00+\x00\x08\x00\x00",
    b"BM\xff\xff\xff\x7f",
    b"\x00\x00\x00\x1cftypavif",
    b"\x00\x00\x00\x18ftypheic",
    b"PK\x03\x04",
    b"%PDF-1.7\n",
    b"<svg xmlns='http://www.w3.org/2000/svg'>",
    b"#!/bin/sh\n",
)
# Numbers at which readers of lengths go wrong.
_LENGTHS = (
    *range(3),
    *(number for bits in (7, 8, 15, 16, 31, 32) for number in ((1 << bits) - 1, 1 << bits)),
)
# Most of what decides about a picture stands at its beginning.
_HEAD_BYTES = 1024


def flipped_bits(chance: random.Random, data: bytes, _: bytes) -> bytes:
    """One to 64 bits the other way round."""
    changed = bytearray(data)
    for _count in range(1 << chance.randrange(7)):
        changed[_place(chance, data)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def flipped_bytes(chance: random.Random, data: bytes, _: bytes) -> bytes:
    """One to 64 bytes that are others."""
    changed = bytearray(data)
    for _count in range(1 << chance.randrange(7)):
        changed[_place(chance, data)] = chance.randrange(256)
    return bytes(changed)


def truncated(chance: random.Random, data: bytes, _: bytes) -> bytes:
    """Cut short anywhere."""
    return data[: 1 + _place(chance, data)]


def spliced(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """The beginning of one file and the end of another."""
    return data[: 1 + _place(chance, data)] + other[chance.randrange(len(other)) :]


def inserted(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """A piece of another file in the midst."""
    at, start = _place(chance, data), chance.randrange(len(other))
    return data[:at] + other[start : start + 1 + chance.randrange(4096)] + data[at:]


def changed_lengths(chance: random.Random, data: bytes, _: bytes) -> bytes:
    """One to four numbers of two or four bytes that are extreme, or off by a little."""
    changed = bytearray(data)
    for _count in range(chance.randrange(1, 5)):
        size = chance.choice((2, 4))
        at = _place(chance, data)
        order = chance.choice(("big", "little"))
        now = int.from_bytes(changed[at : at + size], order)
        number = chance.choice((*_LENGTHS, now + 1, now - 1, 2 * now, now // 2))
        changed[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, order)
    return bytes(changed)


def swapped_header(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """The beginning of another kind of file over that of this one."""
    header = chance.choice((*_HEADERS, other[: chance.randrange(4, 64)]))
    return header + data[len(header) :]


#: Name -> how a file is changed: chance, the file, another file. No file is empty.
MUTATIONS: Mapping[str, Callable[[random.Random, bytes, bytes], bytes]] = {
    "bits flipped": flipped_bits,
    "bytes changed": flipped_bytes,
    "cut short": truncated,
    "two files spliced": spliced,
    "a piece of another inside": inserted,
    "lengths changed": changed_lengths,
    "another kind's header": swapped_header,
}


def mutated(chance: random.Random, data: bytes, other: bytes) -> tuple[str, bytes]:
    """A file changed in one way, now and then in two.

    Args:
        chance: Decides; with the same seed, the same files come out.
        data: The file, not empty.
        other: Another file, not empty.

    Returns:
        Name of the last way, and the file.
    """
    ways = [chance.choice(list(MUTATIONS)) for _ in range(1 if chance.random() < 0.75 else 2)]
    for way in ways:
        data = MUTATIONS[way](chance, data, other)
    return ways[-1], data


def _place(chance: random.Random, data: bytes) -> int:
    most = min(len(data), _HEAD_BYTES) if chance.random() < 0.5 else len(data)
    return chance.randrange(most)
