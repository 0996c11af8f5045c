"""Every plane as a picture."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pytest

from studio_detector.planes import Planes
from studio_detector.reporting.overlays import planes_as_pictures
from synthetic_scenes import sample


def _properties():
    return [
        name
        for name, member in vars(Planes).items()
        if isinstance(member, property | cached_property) and not name.startswith("_")
    ]


def test_no_plane_is_forgotten():
    """All but numbers, places and the planes at another size."""
    planes = Planes(sample("hard_sun"))
    drawn = [name for name, _ in planes_as_pictures(planes)]

    left_out = [name for name in _properties() if name not in drawn]
    assert drawn == [name for name in _properties() if name in drawn]
    assert {"rows_px", "columns_px", "short_side_px", "reduced"} <= set(left_out)
    for name in left_out:
        assert isinstance(getattr(planes, name), int | tuple | Planes), name
    assert {"rgb", "luma", "b_star", "edges", "highlights", "spectrum"} <= set(drawn)


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (40, 30), (300, 700)])
def test_every_picture_has_all_planes_drawn(shape):
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)

    for name, picture in planes_as_pictures(Planes(rgb)):
        assert picture.dtype == np.uint8, name
        assert picture.shape[1:] == (512, 3), name


def test_a_mask_is_white_where_it_is_set():
    rgb = np.full((64, 128, 3), 30, dtype=np.uint8)
    rgb[:, 64:] = 250
    pictures = dict(planes_as_pictures(Planes(rgb)))

    assert (pictures["shadow"][:256, :250] == 255).all()
    assert (pictures["shadow"][:256, 262:] == 0).all()


def test_signed_planes_are_grey_at_nothing():
    """A grey picture has a b* of 0 everywhere but in one warm corner."""
    rgb = np.full((64, 64, 3), 128, dtype=np.uint8)
    rgb[:8, :8] = (200, 60, 220)
    picture = dict(planes_as_pictures(Planes(rgb)))["b_star"]

    assert np.ptp(picture[300:500, 300:500], axis=2).max() == 0
    assert picture[20, 20, 2] > picture[20, 20, 0] + 50


def test_a_plane_of_a_new_kind_has_to_be_taught():
    """Rather than being left out silently."""

    class Further(Planes):
        pass

    planes = Further(sample("packshot"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Planes, "puzzle", property(lambda _: {"a": 1}), raising=False)

        with pytest.raises(TypeError, match="'puzzle' is a dict"):
            list(planes_as_pictures(planes))


def test_planes_of_bytes_are_shown_as_they_are():
    """Black is 0 and white is 255, whatever the picture's own range."""
    rgb = np.full((64, 64, 3), 90, dtype=np.uint8)
    rgb[:, 32:] = 140
    picture = dict(planes_as_pictures(Planes(rgb)))["luma"]

    assert (picture[:512, :240] == 90).all()
    assert (picture[:512, 272:] == 140).all()
