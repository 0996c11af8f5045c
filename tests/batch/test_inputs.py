"""The inputs of a batch on their way into the pool."""

from __future__ import annotations

import io

import pytest

from studio_detector.batch.inputs import Inputs
from studio_detector.errors import OutputError
from studio_detector.imaging import Limits
from studio_detector.pipeline.report import Failure
from studio_detector.sources.photo import Note, Photo

FAILURE = Failure(path="gone", code="not_found", message="there is no file")


def _inputs(items, *, keeps, limits=None):
    notes = []
    inputs = Inputs(items, note=notes.append, keeps=keeps, limits=limits or Limits())
    return inputs, notes


def test_notes_are_told_and_the_rest_goes_on():
    """Nothing is held where nothing is wanted again."""
    photo = Photo(source=io.BytesIO(b"x"), path="a")
    inputs, notes = _inputs([Note(text="one"), photo, FAILURE, Note(text="two")], keeps=False)

    given = list(inputs)

    assert [photo, FAILURE] == given
    assert given[0].source.tell() == 0
    assert ["one", "two"] == notes
    assert inputs.is_exhausted
    assert inputs.next_kept() is None


def test_kept_photos_come_back_in_order_and_failures_as_nothing():
    """Streams are in memory by then, since they can be read only once."""
    inputs, _ = _inputs(
        [Photo(source=io.BytesIO(b"x"), path="a"), FAILURE, Photo(source="b.jpg", path="b")],
        keeps=True,
    )

    given = list(inputs)

    assert Photo(source=b"x", path="a") == given[0]
    assert [given[0], None, given[2]] == [inputs.next_kept() for _ in range(3)]


def test_a_stream_that_cannot_be_read_is_a_failure_in_its_place():
    """Or one that is larger than allowed."""
    inputs, _ = _inputs(
        [Photo(source=io.BytesIO(b"x" * 100), path="a"), Photo(source=io.BytesIO(b""), path="b")],
        keeps=True,
        limits=Limits(max_file_bytes=10),
    )

    assert ["limit_file_size", "empty"] == [failure.code for failure in inputs]


def test_inputs_that_are_not_yet_exhausted_say_so():
    """A run that stopped in between is not finished."""
    inputs, _ = _inputs([FAILURE, FAILURE], keeps=False)
    next(inputs)

    assert not inputs.is_exhausted


def test_passing_by_wants_the_very_input():
    """By its name; the message says which one differs and how."""
    inputs, _ = _inputs([FAILURE, Photo(source="b", path="\x1b[2J")], keeps=False)
    inputs.pass_by("gone")

    with pytest.raises(OutputError, match=r"number 2 was 'c', now it is '\\x1b\[2J'"):
        inputs.pass_by("c")
    with pytest.raises(OutputError, match="number 3 was 'd', now there is none"):
        inputs.pass_by("d")
