"""What the index says of planes."""

from __future__ import annotations

import pytest

import synthetic_scenes
from studio_detector.imaging import Frame
from studio_detector.reporting.plane_index import index_text, plane_pictures

SCENES = ("hard_sun", "low_key", "packshot")


def frame_of(rgb):
    sealed = rgb.copy()
    sealed.setflags(write=False)
    rows, columns = rgb.shape[:2]
    return Frame(rgb=sealed, format="array", original_rows_px=rows, original_columns_px=columns)


@pytest.fixture(scope="module", params=SCENES)
def entries(request):
    frame = frame_of(synthetic_scenes.sample(request.param))
    return [entry for entry, _ in plane_pictures(frame, [64])]


def test_no_plane_leaves_the_range_it_states(entries):
    """The docstrings are right, on every synthetic scene."""
    for entry in entries:
        if entry.stated is not None:
            assert entry.stated[0] <= entry.lowest <= entry.highest <= entry.stated[1], entry


def test_most_planes_state_a_range_and_all_say_what_they_are(entries):
    """Those without are counted or unbounded: the packed LAB, counts, Laplacian, spectrum."""
    without = {entry.name for entry in entries if entry.stated is None}

    assert {"lab", "luma_histogram", "laplacian", "spectrum"} == without
    assert all(entry.summary.endswith((".", ":")) for entry in entries)


def test_extents_are_those_of_the_arrays(entries):
    """Lowest and highest lie around the mean; directions have none."""
    for entry in entries:
        if entry.name.endswith("_deg"):
            assert entry.mean is None
        else:
            assert entry.lowest <= entry.mean <= entry.highest


def test_the_text_has_a_line_for_each(entries):
    """With the file first, so that it can be opened."""
    lines = index_text(entries).splitlines()

    assert [entry.file for entry in entries] == [line.split()[0] for line in lines[1:]]


def test_equal_pictures_give_equal_bytes():
    """So that two versions can be compared by their files."""
    frame = frame_of(synthetic_scenes.sample("hard_sun")[:60, :90])

    for (entry, rgb), (again, rgb_again) in zip(
        plane_pictures(frame), plane_pictures(frame), strict=True
    ):
        assert entry == again
        assert rgb.tobytes() == rgb_again.tobytes()
