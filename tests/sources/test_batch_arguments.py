"""What the arguments of `batch` stand for, beyond those of `analyse`."""

from __future__ import annotations

import io
import sys

import pytest

from studio_detector.errors import ConfigError, MissingExtraError
from studio_detector.pipeline.report import Failure
from studio_detector.sources.open import SourceOptions, batch_sources
from studio_detector.sources.photo import Photo

JPEG = b"\xff\xd8\xff\xe0"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, data in {
        "shoot/a.jpg": JPEG,
        "shoot/list.txt": b"b.jpg\n../shoot/a.jpg\n/abs/c.jpg\n./d.jpg\n",
        "names.csv": b"path\nshoot/a.jpg\n",
        "plain.jpg": JPEG,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _items(*arguments, stdin=None, **options):
    stream = None if stdin is None else io.BytesIO(stdin)
    return list(batch_sources(arguments, stream, SourceOptions(**options)))


def _paths(*arguments, **more):
    return [item.path for item in _items(*arguments, **more) if isinstance(item, Photo)]


def test_the_order_is_that_of_the_arguments(folder):
    """Whatever they are; twice is twice."""
    assert ["plain.jpg", "shoot/a.jpg", "x.jpg", "shoot/a.jpg", "plain.jpg"] == _paths(
        "plain.jpg", "shoot", "-", "names.csv", "plain.jpg", stdin=b"x.jpg\n"
    )


def test_names_count_from_the_folder_of_the_list(folder):
    """Absolute ones stand alone; nothing is tidied, the operating system knows better."""
    assert ["shoot/b.jpg", "shoot/../shoot/a.jpg", "/abs/c.jpg", "shoot/./d.jpg"] == _paths(
        "shoot/list.txt"
    )


def test_names_on_standard_input_count_from_the_working_folder(folder):
    """A dash among them is a file."""
    assert ["shoot/a.jpg", "-", "-rf.jpg"] == _paths("-", stdin=b"shoot/a.jpg\n-\n-rf.jpg")


def test_lists_in_lists_are_not_read(folder):
    """They are taken for photos, and analysing says what they are."""
    (folder / "outer.txt").write_bytes(b"names.csv\nshoot\n")

    assert ["names.csv", "shoot"] == _paths("outer.txt")


def test_a_folder_is_a_folder_whatever_its_name(folder):
    """Also one called like a list or an archive."""
    for name in ("x.csv", "x.tar"):
        (folder / name).mkdir()
        (folder / name / "a.jpg").write_bytes(JPEG)

        assert [f"{name}/a.jpg"] == _paths(name)


def test_an_existing_name_is_no_pattern(folder):
    """Brackets are ordinary in names."""
    (folder / "list[1].txt").write_bytes(b"a.jpg\n")

    assert ["a.jpg"] == _paths("list[1].txt")


def test_patterns_find_lists_and_folders_too(folder):
    """As if the shell had expanded them."""
    assert ["shoot/a.jpg", "plain.jpg", "shoot/a.jpg"] == _paths("names.*", "[ps]*[!s]")


def test_what_names_nothing_is_a_failure_or_fails_later(folder):
    """A missing photo is found missing when it is read."""
    (item,) = _items("*.nef")

    assert ("*.nef", "not_found") == (item.path, item.code)
    assert ["gone.jpg"] == _paths("gone.jpg")


@pytest.mark.parametrize(
    "address", ["https://example.org/a.jpg", "HTTP://example.org/", "s3://bucket/a.jpg"]
)
def test_addresses_are_refused_with_what_to_do(folder, address):
    """As arguments, in lists and on standard input; `?` in them is no pattern."""
    (folder / "l.csv").write_bytes(f"url\n{address}?a\n".encode())

    found = _items(f"{address}?a", "l.csv", "-", stdin=f"{address}?a\n".encode())

    assert [(f"{address}?a", "unsupported_scheme")] * 3 == [(i.path, i.code) for i in found]
    assert "fetch it first" in found[0].message


def test_a_name_with_a_colon_is_no_address(folder):
    """Neither a drive nor a time."""
    assert ["C://a.jpg", "12:30.jpg", "a:b/c.jpg"] == _paths(
        "-", stdin=b"C://a.jpg\n12:30.jpg\na:b/c.jpg"
    )


def test_standard_input_can_be_read_once(folder):
    """Said before anything runs."""
    with pytest.raises(ConfigError, match="only once"):
        batch_sources(["-", "shoot", "-"], io.BytesIO(), SourceOptions())


def test_standard_input_may_be_closed(folder):
    """Said before anything runs."""
    with pytest.raises(ConfigError, match="standard input is closed"):
        batch_sources(["-"], None, SourceOptions())


@pytest.mark.parametrize(("stdin", "null_separated"), [(b"", False), (b"\n", False), (b"", True)])
def test_an_empty_standard_input_is_a_failure(folder, stdin, null_separated):
    """Silence would look like success."""
    (item,) = _items("-", stdin=stdin, null_separated=null_separated)

    assert ("-", "not_found") == (item.path, item.code)


def test_a_forgotten_0_is_told(folder):
    """Names that end with NUL, read as lines."""
    (item,) = _items("-", stdin=b"a.jpg\0b.jpg\0")

    assert ("-:1", "manifest_invalid") == (item.path, item.code)
    assert "-0" in item.message


def test_names_that_end_with_null_keep_every_other_byte(folder):
    """Line ends, spaces, a byte order mark; the last NUL may be missing."""
    assert ["a\n.jpg", " ", "\ufeffb\r"] == _paths(
        "-", stdin=b"a\n.jpg\0 \0\0\xef\xbb\xbfb\r", null_separated=True
    )


def test_names_come_as_soon_as_they_are_written(folder):
    """A search that takes hours need not be over first."""

    class Slow(io.RawIOBase):
        written = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.written += 1
            buffer[:6] = b"a.jpg\n"
            return 6 if self.written < 4 else 0

    slow = Slow()
    items = batch_sources(["-"], io.BufferedReader(slow), SourceOptions())

    assert "a.jpg" == next(items).path
    assert 1 == slow.written


def test_standard_input_that_breaks_off_fails_once(folder):
    """What came before counts; the next argument comes."""

    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            if getattr(self, "begun", False):
                raise OSError(5, "Input/output error")
            self.begun = True
            buffer[:6] = b"a.jpg\n"
            return 6

    first, failure, last = batch_sources(
        ["-", "plain.jpg"], io.BufferedReader(Broken()), SourceOptions()
    )

    assert ("a.jpg", "plain.jpg") == (first.path, last.path)
    assert isinstance(failure, Failure)
    assert "Input/output error" in failure.message


@pytest.mark.parametrize("name", ["l.parquet", "x.tar.zst"])
def test_a_missing_extra_is_told_before_anything_runs(folder, monkeypatch, name):
    """With the command that installs it."""
    (folder / name).write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingExtraError, match=r"studio-detector\[batch\]"):
        batch_sources(["plain.jpg", name], None, SourceOptions())
    # By a pattern it is found later, and fails alone.
    assert ["missing_extra"] == [item.code for item in _items(f"{name[0]}*{name[-1]}")]


def test_lists_and_archives_of_the_core_need_no_extra(folder, monkeypatch):
    """pyarrow is large."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    assert ["shoot/a.jpg"] == _paths("names.csv")
