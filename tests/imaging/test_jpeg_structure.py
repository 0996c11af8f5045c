"""The walk over a JPEG's markers finds what a plain search finds, only sooner."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio_detector.imaging import jpeg, load

END_OF_IMAGE = b"\xff\xd9"
# Compressed data hold zeros after 0xFF, restarts and fill bytes; anything else is a marker.
MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
# Bytes that matter, far more often than chance would bring them.
pieces = st.lists(
    st.sampled_from([b"\xff", b"\0", b"\xd0", b"\xd7", b"\xd8", b"\xd9", b"\xc4", b"ab" * 2050]),
    max_size=12,
).map(b"".join)


@given(data=pieces, at=st.integers(0, 40))
@example(data=b"a" * 4095 + b"\xff\xd9", at=0)
@example(data=b"a" * 4096 + b"\xff\xd9", at=0)
@example(data=b"a" * (4096 + 8192) + b"\xff\xff\xc4", at=0)
@example(data=b"\xff", at=0)
def test_the_end_of_a_scan_is_its_first_marker(data, at):
    """Wherever it lies: the stretches that are searched must not hide one at their seams."""
    found = MARKER.search(data, at)
    expected = max(at, len(data)) if found is None else found.start()

    assert expected == max(at, jpeg._end_of_scan(data, at))


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["sequential", "progressive"])
def test_the_end_is_seen_with_and_without_bytes_behind_it(encode, scene, options):
    """Cameras leave previews and padding there."""
    whole = encode(scene, "JPEG", **options)
    assert whole.endswith(END_OF_IMAGE)

    for data in (whole, whole + b"\0" * 5000, whole + whole):
        structure = jpeg.read_structure(data)
        assert structure.has_end
        assert len(whole) - 2 == data.find(END_OF_IMAGE, structure.body)
    assert not jpeg.read_structure(whole[:-2]).has_end


def test_every_scan_of_a_progressive_file_is_read(encode, scene):
    """Three components, sent in several passes, to the last bit."""
    structure = jpeg.read_structure(encode(scene, "JPEG", progressive=True))

    assert structure.is_progressive
    assert len(structure.scans) > 3
    assert {1, 2, 3} == {name for scan in structure.scans for name in scan.components}
    assert not structure.lacks_scans()


def test_a_preview_behind_the_picture_does_not_hide_damage(encode, scene):
    """The picture closes where it closes, not where the file does."""
    grey = scene.convert("L").point(lambda level: level // 2)
    whole, preview = encode(scene, "JPEG"), encode(grey, "JPEG")

    assert (load(whole).rgb == load(whole + preview).rgb).all()
