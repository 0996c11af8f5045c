"""NumPy arrays as pictures: kinds accepted, kinds refused, equal results for equal pictures."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.errors import InputError, LimitError
from studio_detector.imaging import Limits, load


def test_the_same_picture_in_any_dtype_gives_the_same_pixels(scene):
    """Bytes, 16 bits and floats of the same levels."""
    levels = np.asarray(scene)
    same = [levels.astype(np.uint16) * 257, levels.astype(">u2") * 257, levels / 255]
    same += [(levels / 255).astype(np.float32)]

    for array in same:
        assert np.array_equal(levels, load(array).rgb)


def test_grey_with_or_without_a_channel_axis_becomes_rgb(scene):
    """(rows, columns) and (rows, columns, 1)."""
    grey = np.asarray(scene.convert("L"))
    for array in (grey, grey[:, :, None]):
        assert np.array_equal(np.repeat(grey[:, :, None], 3, axis=2), load(array).rgb)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535), (float, 1.0)])
def test_alpha_is_laid_over_white(dtype, white):
    """Half transparent black is mid grey; opaque alpha says nothing."""
    array = np.zeros((4, 4, 4), dtype=dtype)
    array[..., 3] = white / 2
    frame = load(array)

    assert np.abs(frame.rgb.astype(int) - 127).max() <= 1
    assert ("Transparent parts were laid over white.",) == frame.warnings
    array[..., 3] = white
    assert () == load(array).warnings


def test_the_frame_does_not_follow_the_callers_array(scene):
    """The array may be changed or written to afterwards."""
    array = np.array(scene)
    frame = load(array)
    array[:] = 0

    assert np.array_equal(np.asarray(scene), frame.rgb)
    assert array.flags.writeable


def test_views_are_read_as_they_look(scene):
    """Negative strides, transposed axes, every second pixel."""
    array = np.asarray(scene)
    for view in (array[::-1], array[:, ::2], array.transpose(1, 0, 2), array[..., ::-1]):
        assert np.array_equal(np.ascontiguousarray(view), load(view).rgb)


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros((3, 4, 2), np.uint8), r"\(3, 4, 2\)"),
        (np.zeros((3, 4, 5), np.uint8), r"\(3, 4, 5\)"),
        (np.zeros((2, 3, 4, 3), np.uint8), "shape"),
        (np.zeros(5, np.uint8), "shape"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels"),
        (np.zeros((3, 4), np.int32), "int32"),
        (np.zeros((3, 4), bool), "bool"),
        (np.zeros((3, 4), complex), "complex128"),
        (np.zeros((3, 4), object), "object"),
        (np.full((3, 4), 1.5), "1.5"),
        (np.full((3, 4), -0.1), "-0.1"),
        (np.full((3, 4), np.nan), "nan"),
        (np.full((3, 4), np.inf), "inf"),
        (np.full((3, 4, 3), 255.0), "255"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_was_found(array, found):
    """The message shows the shape, dtype or range."""
    with pytest.raises(InputError, match=found) as caught:
        load(array)

    assert "invalid_array" == caught.value.code


def test_limits_hold_for_arrays():
    """A long strip is as useless in memory as in a file."""
    with pytest.raises(LimitError) as caught:
        load(np.zeros((1, 30_000), np.uint8))

    assert "limit_aspect" == caught.value.code
    frame = load(np.zeros((1, 30_000), np.uint8), limits=Limits(max_aspect_ratio=1e5))
    assert (1, 512, 3) == frame.rgb.shape


@given(
    hnp.arrays(
        st.sampled_from(
            [np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32), np.dtype(np.int16)]
        ),
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=40),
    ),
    st.integers(1, 64),
)
@settings(max_examples=150, deadline=None)
def test_any_array_gives_a_frame_or_invalid_array(array, working_size_px):
    """Whatever shape and dtype, whatever is in it."""
    frame = code = None
    try:
        frame = load(array, working_size_px=working_size_px)
    except InputError as error:
        code = error.code

    if frame is None:
        assert "invalid_array" == code
    else:
        assert min(working_size_px, max(array.shape[:2])) == max(frame.rgb.shape[:2])
        assert np.uint8 == frame.rgb.dtype
