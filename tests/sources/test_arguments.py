"""What the arguments of the command line stand for."""

from __future__ import annotations

import io
import os

import pytest

from studio_detector.pipeline.report import Failure
from studio_detector.sources.arguments import expand
from studio_detector.sources.photo import Note, Photo

JPEG = b"\xff\xd8\xff\xe0"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder of photos as people have them."""
    for name, content in {
        "shoot/b.jpg": JPEG,
        "shoot/a.png": b"\x89PNG\r\n\x1a\n",
        "shoot/no-suffix": JPEG,
        "shoot/damaged.JPG": b"",
        "shoot/notes.txt": b"about the light",
        "shoot/.hidden.jpg": JPEG,
        "shoot/.thumbs/a.jpg": JPEG,
        "shoot/2/z.jpg": JPEG,
        "shoot/10/y.jpg": JPEG,
        "shoot/10/deep/x.jpg": JPEG,
        "texts/notes.txt": b"about the weather",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _expand(*arguments):
    return list(expand(arguments, io.BytesIO(b"x")))


def _paths(*arguments):
    return [item.path for item in _expand(*arguments) if isinstance(item, Photo)]


SHOOT = [
    "shoot/a.png",
    "shoot/b.jpg",
    "shoot/damaged.JPG",
    "shoot/no-suffix",
    "shoot/10/y.jpg",
    "shoot/10/deep/x.jpg",
    "shoot/2/z.jpg",
]


def test_a_folder_is_its_pictures_in_the_order_of_names(tree):
    """Pictures by bytes or by name; hidden ones are left out; sub-folders come after."""
    assert SHOOT == _paths("shoot")


def test_what_was_left_out_of_a_folder_is_said(tree):
    """Hidden files are not worth a word."""
    notes = [item.text for item in _expand("shoot") if isinstance(item, Note)]

    assert ["shoot: left out 1 other file without a picture"] == notes


def test_files_given_by_name_are_taken_whatever_they_are(tree):
    """Also twice, also hidden, also what is no picture or does not exist."""
    given = ["shoot/notes.txt", "shoot/.hidden.jpg", "nowhere.jpg", "shoot/notes.txt"]

    assert given == _paths(*given)


def test_a_pattern_gives_what_the_shell_would_give(tree):
    """Sorted, hidden ones left out, non-pictures kept; folders are gone through."""
    assert ["shoot/a.png", "shoot/b.jpg"] == _paths("shoot/[ab].*")
    assert ["shoot/notes.txt"] == _paths("shoot/*.txt")
    assert ["shoot/10/deep/x.jpg", "shoot/10/y.jpg", "shoot/2/z.jpg", "shoot/b.jpg"] == _paths(
        "shoot/**/*.jpg"
    )
    assert ["shoot/10/y.jpg", "shoot/10/deep/x.jpg"] == _paths("shoot/1?")


def test_an_existing_name_is_no_pattern(tree):
    """Brackets are ordinary in the names cameras and people give."""
    (tree / "IMG[1].jpg").write_bytes(JPEG)

    assert ["IMG[1].jpg"] == _paths("IMG[1].jpg")


def test_the_order_is_that_of_the_arguments(tree):
    """Nothing is sorted across them."""
    assert ["shoot/b.jpg", "shoot/a.png", "-", "shoot/b.jpg"] == _paths(
        "shoot/b.jpg", "shoot/a.png", "-", "shoot/b.jpg"
    )


@pytest.mark.parametrize(
    ("argument", "words"),
    [("texts", "no picture in the folder 'texts' (1 other file)"), ("*.nef", "'*.nef'")],
)
def test_an_argument_without_any_photo_is_a_failure(tree, argument, words):
    """Silence would look like success."""
    (item,) = _expand(argument)

    assert isinstance(item, Failure)
    assert (argument, "not_found") == (item.path, item.code)
    assert words in item.message


def test_links_to_folders_are_not_followed(tree):
    """They can run in circles; links to files are photos."""
    (tree / "shoot/2/up").symlink_to(tree / "shoot")
    (tree / "shoot/2/link.jpg").symlink_to(tree / "shoot/b.jpg")

    assert [*SHOOT[:-1], "shoot/2/link.jpg", "shoot/2/z.jpg"] == _paths("shoot")


def test_links_that_lead_nowhere_are_missed_only_under_a_pictures_name(tree):
    """Dead ones and circles; neither ends the run."""
    (tree / "shoot/2/a.jpg").symlink_to("a.jpg")
    (tree / "shoot/2/b.jpg").symlink_to("gone")
    (tree / "shoot/2/c").symlink_to("c")
    (tree / "shoot/2/d").symlink_to("gone")

    assert [*SHOOT[:-1], "shoot/2/a.jpg", "shoot/2/b.jpg", "shoot/2/z.jpg"] == _paths("shoot")


def test_pipes_in_a_folder_are_not_waited_for(tree):
    """Opening one would block for ever."""
    os.mkfifo(tree / "shoot/pipe.jpg")
    os.mkfifo(tree / "pipe")
    (tree / "shoot/2/to-a-pipe").symlink_to(tree / "pipe")

    assert SHOOT == _paths("shoot")


def test_a_folder_that_cannot_be_listed_is_a_failure(tree, monkeypatch):
    """The others go on."""
    real = os.scandir

    def scandir(path):
        if path == "shoot/10":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)

    failures = [item for item in _expand("shoot") if isinstance(item, Failure)]
    assert [("shoot/10", "no_permission")] == [(f.path, f.code) for f in failures]
    assert "shoot/2/z.jpg" in _paths("shoot")


def test_standard_input_may_be_closed():
    """A service may have none."""
    (item,) = expand(["-"], None)

    assert ("-", "read_failed") == (item.path, item.code)


def test_arguments_are_expanded_no_earlier_than_needed(tree):
    """The first photo of a large archive need not wait for the last folder."""
    items = expand(["shoot", "texts"], None)

    assert "shoot/a.png" == next(items).path
    (tree / "texts/late.jpg").write_bytes(JPEG)
    assert "texts/late.jpg" in [item.path for item in items if isinstance(item, Photo)]
