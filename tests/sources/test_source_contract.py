"""What every kind of source promises: the same photos, in order, lazily, again and again."""

from __future__ import annotations

import io
import os
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.kinds import ARCHIVES, KINDS, LISTS
from studio_detector.pipeline.report import Failure
from studio_detector.sources.open import batch_sources
from studio_detector.sources.photo import Note, Photo

JPEG = b"\xff\xd8\xff\xe0"
PHOTOS = {f"{letter}.jpg": JPEG + letter.encode() * 700 for letter in "abcde"}
HOSTILE = [
    "two\nlines.jpg",
    "carriage\rreturn.jpg",
    "tab\tand\x1b[2Jescape.jpg",
    "no-utf-8-\udce9.jpg",
    "-rf.jpg",
    "=cmd.jpg",
    ' "quotes", commas; and spaces .jpg',
    "{brace}[0]*.jpg",
    "#hash.jpg",
    "~.jpg",
    "\u202egpj.exe.jpg",
    "a\u2028b\x85c\x0cd.jpg",
    "\ufeffmark.jpg",
    "n" * 200 + ".jpg",
]
# What a file on Linux may be called, below the length of the file system.
NAMES = st.text(
    st.characters(exclude_characters="\0/", exclude_categories=["Cs"])
    | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]),
    min_size=1,
    max_size=40,
).map(lambda name: os.fsdecode(os.fsencode(name)) + ".jpg")
MIB = 1 << 20


def items(kind, arguments):
    stdin = None if kind.stdin is None else io.BytesIO(kind.stdin)
    return batch_sources(arguments, stdin, kind.options)


def base_name(photo):
    return photo.path.rpartition("/")[2]


def content(photo):
    assert isinstance(photo, Photo), photo
    return photo.source if isinstance(photo.source, bytes) else Path(photo.source).read_bytes()


@pytest.mark.parametrize("kind", KINDS, ids=repr)
class TestEverySource:
    """The contract."""

    def test_it_gives_the_same_photos_in_the_same_order(self, kind, tmp_path):
        """Names end with the name of the photo; nothing else is given."""
        found = list(items(kind, kind.write(tmp_path, PHOTOS)))

        assert list(PHOTOS.values()) == [content(photo) for photo in found]
        assert list(PHOTOS) == [base_name(photo) for photo in found]

    def test_it_can_be_gone_through_again(self, kind, tmp_path):
        """A run can go on by leaving out what an earlier one did."""
        arguments = kind.write(tmp_path, PHOTOS)

        assert list(items(kind, arguments)) == list(items(kind, arguments))

    def test_it_is_opened_no_earlier_than_needed(self, kind, tmp_path):
        """What comes after the first photo may appear while the run goes on."""
        first = kind.write(tmp_path / "first", PHOTOS)
        found = items(kind, [*first, str(tmp_path / "second")])

        assert PHOTOS["a.jpg"] == content(next(found))
        (tmp_path / "second").mkdir()
        (tmp_path / "second" / "late.jpg").write_bytes(b"late")
        assert b"late" == [content(photo) for photo in found][-1]

    def test_hostile_names_survive(self, kind, tmp_path):
        """To the last byte."""
        photos = {name: JPEG + os.fsencode(name) for name in sorted(HOSTILE) if kind.can_hold(name)}

        found = list(items(kind, kind.write(tmp_path, photos)))

        assert len(photos) >= 5
        assert photos == {base_name(photo): content(photo) for photo in found}


@pytest.mark.parametrize("kind", LISTS, ids=repr)
@settings(max_examples=40, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=6))
def test_names_pass_through_every_list(kind, names):
    """Whatever the file system takes; the files need not exist."""
    names = [name for name in names if kind.can_hold(name)] or ["plain.jpg"]
    with tempfile.TemporaryDirectory() as folder:
        # Written without photos: this is about names alone.
        kind.write(Path(folder), {})
        arguments = _list_of(kind, Path(folder), names)
        found = list(items(kind, arguments))

    assert [f"{folder}/{name}" for name in names] == [item.path for item in found]
    assert all(isinstance(item, Photo) and item.source == item.path for item in found)


def _list_of(kind, folder, names):
    if kind.stdin is not None:
        kind.stdin = b"".join(os.fsencode(folder / name) + kind.separator for name in names)
        return ["-"]
    (folder / kind.name).write_bytes(kind.content(names))
    return [str(folder / kind.name)]


@pytest.mark.parametrize("kind", ARCHIVES, ids=repr)
def test_members_are_called_by_archive_and_name(kind, tmp_path):
    """So that a row can be traced."""
    (archive,) = kind.write(tmp_path, PHOTOS)

    assert [f"{archive}/inner/{name}" for name in PHOTOS] == [
        i.path for i in items(kind, [archive])
    ]


@pytest.mark.parametrize("kind", ARCHIVES, ids=repr)
def test_members_that_are_no_photos_are_left_out(kind, tmp_path):
    """Sidecars and hidden ones without a word, others with a note at the end."""
    members = {
        "a.jpg": JPEG,
        "a.json": b"{}",
        "a.txt": b"caption",
        "a.cls": b"1",
        ".b.jpg": JPEG,
        "__MACOSX/a.jpg": JPEG,
        "film.mp4": b"film",
        "b.JPG": JPEG,
    }

    *photos, note = items(kind, kind.write(tmp_path, members))

    assert ["a.jpg", "b.JPG"] == [base_name(photo) for photo in photos]
    assert isinstance(note, Note)
    assert note.text.endswith(": left out 1 other member without a picture")


@pytest.mark.parametrize("kind", ARCHIVES, ids=repr)
def test_an_archive_without_a_photo_is_a_failure(kind, tmp_path):
    """Silence would look like success."""
    (item,) = items(kind, kind.write(tmp_path, {"notes.md": b"light"}))

    assert isinstance(item, Failure)
    assert "not_found" == item.code


def _peak_bytes(found):
    tracemalloc.start()
    try:
        count = sum(1 for _ in found)
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ARCHIVES, ids=repr)
def test_one_member_is_held_at_a_time(kind, tmp_path):
    """One more while it is put together; sixteen would be 32 MiB."""
    arguments = kind.write(tmp_path, {f"{n}.jpg": bytes([n]) * 2 * MIB for n in range(16)})

    count, peak_bytes = _peak_bytes(items(kind, arguments))

    assert 16 == count
    assert peak_bytes < 8 * MIB


@pytest.mark.parametrize("kind", LISTS, ids=repr)
def test_a_list_is_not_held(kind, tmp_path):
    """The names alone would be more than 5 MiB."""
    kind.write(tmp_path, {})
    names = [f"{number:0220d}.jpg" for number in range(24_000)]
    arguments = _list_of(kind, tmp_path, names)

    count, peak_bytes = _peak_bytes(items(kind, arguments))

    assert 24_000 == count
    assert peak_bytes < 3 * MIB
