"""Pictures into folders by label, wherever their names would lead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batch_examples
from studio_detector.batch.sorting import Sorter, placed_name
from studio_detector.errors import OutputError
from studio_detector.sources.photo import Photo

HOSTILE = [
    "../../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "/",
    "",
    "...",
    "a.tar/../../evil.jpg",
    "..\\..\\evil.jpg",
    "C:\\Windows\\evil.jpg",
    "C:evil.jpg",
    "null\0byte.jpg",
    "line\nfeed.jpg",
    ".hidden.jpg",
    "-rf",
    "\u202egpj.exe",
    os.fsdecode(b"z\xfcrich.jpg"),
    "a\ud800.jpg",
    "x" * 5000 + ".jpg",
    "照" * 300 + ".jpg",
    "a." + "b" * 300,
    "https://example.org/a.jpg?x=/../../y",
    "nul.jpg",
]


def _files(folder):
    return sorted(p for p in folder.rglob("*") if not p.is_dir())


@pytest.mark.parametrize("path", HOSTILE)
def test_no_name_leads_outside(tmp_path, path):
    """Every picture lands in the folder of its label, under one plain name."""
    folder = tmp_path / "deep" / "in" / "sorted"

    trouble = Sorter(folder).place(Photo(source=b"bytes", path=path), batch_examples.result(path))

    assert trouble is None
    (placed,) = _files(tmp_path)
    assert folder / "studio" == placed.parent
    assert placed.name.isprintable()
    assert not placed.name.startswith((".", "-"))
    assert b"bytes" == placed.read_bytes()


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_text_becomes_one_component_that_file_systems_take(path):
    """Whatever a manifest or an archive says."""
    name = placed_name(path, None)

    assert not set(name) & set('/\\:*?"<>|\0')
    assert len(name.encode()) <= 200
    assert name.isprintable()
    assert name[0] not in ".-"


def test_pictures_of_one_name_do_not_meet(tmp_path):
    """From two folders, or two members of one name in an archive."""
    sorter = Sorter(tmp_path)
    for path, content in [
        ("a/x.jpg", b"1"),
        ("b/x.jpg", b"2"),
        ("t.tar/x.jpg", b"3"),
        ("t.tar/x.jpg", b"4"),
    ]:
        photo = Photo(source=content, path=path)
        sorter.place(photo, batch_examples.result(path, sha256=content.hex()))

    assert [b"1", b"2", b"3", b"4"] == sorted(p.read_bytes() for p in _files(tmp_path))
    assert all(p.name.startswith("x-") and p.suffix == ".jpg" for p in _files(tmp_path))


def test_placing_again_changes_nothing(tmp_path):
    """A resumed run may."""
    photo, result = Photo(source=b"1", path="x.jpg"), batch_examples.result("x.jpg")
    Sorter(tmp_path).place(photo, result)
    before = {p: p.stat().st_mtime_ns for p in _files(tmp_path)}

    Sorter(tmp_path).place(photo, result)

    assert before == {p: p.stat().st_mtime_ns for p in _files(tmp_path)}


def test_labels_are_folders_and_failures_stay_where_they_are(tmp_path):
    """Three folders, always there."""
    sorter = Sorter(tmp_path)
    for path, confidence in [("s.jpg", 0.9), ("n.jpg", 0.1), ("u.jpg", 0.5)]:
        sorter.place(Photo(source=b"1", path=path), batch_examples.result(path, confidence))
    sorter.place(Photo(source=b"1", path="f.jpg"), batch_examples.failure("f.jpg"))

    assert ["natural/n", "studio/s", "uncertain/u"] == [
        f"{p.parent.name}/{p.name.partition('-')[0]}" for p in _files(tmp_path)
    ]


def test_links_lead_to_the_picture_and_members_of_archives_are_written(tmp_path, monkeypatch):
    """From a relative path, too."""
    monkeypatch.chdir(tmp_path)
    Path("x.jpg").write_bytes(b"1")
    sorter = Sorter(Path("sorted"), by="link")

    sorter.place(Photo(source="x.jpg", path="x.jpg"), batch_examples.result("x.jpg"))
    sorter.place(Photo(source=b"2", path="t.tar/y.jpg"), batch_examples.result("t.tar/y.jpg"))

    link, member = _files(tmp_path / "sorted")
    assert link.is_symlink()
    assert b"1" == link.read_bytes()
    assert not member.is_symlink()
    assert b"2" == member.read_bytes()


def test_a_picture_that_vanished_is_said_and_stops_nothing(tmp_path):
    """The row is there all the same."""
    trouble = Sorter(tmp_path / "sorted").place(
        Photo(source=str(tmp_path / "gone.jpg"), path="gone.jpg"), batch_examples.result("gone.jpg")
    )

    assert "'gone.jpg' was analysed but not copied: there is no file" in trouble


def test_links_put_in_the_way_are_not_followed(tmp_path):
    """Neither as the folder of a label nor as the name of a picture."""
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "sorted"
    (folder / "studio").mkdir(parents=True)
    name = placed_name("x.jpg", batch_examples.result("x.jpg")["sha256"])
    (folder / "studio" / f".{name}.part").symlink_to(outside / "evil")

    Sorter(folder).place(Photo(source=b"1", path="x.jpg"), batch_examples.result("x.jpg"))

    assert [] == _files(outside)
    assert not (folder / "studio" / name).is_symlink()

    (folder / "natural").rmdir()
    (folder / "natural").symlink_to(outside)
    with pytest.raises(OutputError, match="is a link"):
        Sorter(folder)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """Before anything is analysed."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="cannot be written") as caught:
        Sorter(tmp_path / "file" / "sorted")

    assert "output_failed" == caught.value.code
