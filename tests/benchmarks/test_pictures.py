"""Pictures are made alike every time, and with grain they cost what a camera's cost."""

from __future__ import annotations

import dataclasses
import io

import pytest
from PIL import Image

from benchmarks.pictures import make_pictures, read_pictures
from benchmarks.sizes import SCALING_SIZES, SIZES, SMOOTH_SIZES, Size

SMALL = Size(name="small", columns_px=160, rows_px=120, rounds=1, grain=5)
SMOOTH = dataclasses.replace(SMALL, name="smooth", grain=0)


@pytest.fixture
def shelves(tmp_path, monkeypatch):
    """Pictures made from scikit-image's samples: size -> pictures."""
    monkeypatch.delenv("STUDIO_PHOTOS", raising=False)
    make_pictures(tmp_path, (SMALL, SMOOTH), count=4)
    return {size.name: read_pictures(tmp_path, size) for size in (SMALL, SMOOTH)}


def test_pictures_have_the_size_and_the_coding_they_should_have(shelves):
    for picture in (*shelves["small"], *shelves["smooth"]):
        with Image.open(io.BytesIO(picture.data)) as image:
            assert ("JPEG", (160, 120), "RGB") == (image.format, image.size, image.mode)
            assert (2, 2) == image.layer[0][1:3]  # 4:2:0


def test_there_are_as_many_as_asked_for_even_of_few_photographs(shelves):
    """The samples are three; the fourth picture is the first again."""
    first, *_, last = shelves["small"]

    assert 4 == len(shelves["small"])
    assert first.data == last.data


def test_grain_makes_a_picture_larger(shelves):
    pairs = zip(shelves["small"], shelves["smooth"], strict=True)

    assert all(len(grained.data) > len(smooth.data) for grained, smooth in pairs)


def test_sizes_have_names_of_their_own():
    names = [size.name for size in (*SIZES, *SMOOTH_SIZES, *SCALING_SIZES)]

    assert len(names) == len(set(names))
