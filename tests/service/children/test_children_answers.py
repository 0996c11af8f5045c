"""What a child that was taken over may send as a thumbnail or an explanation."""

from __future__ import annotations

import copy
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kept_pictures import picture
from studio_detector import Detector, Settings
from studio_detector.reporting.explanation.explain import explain
from studio_detector.reporting.overlays import jpeg_bytes
from studio_detector.reporting.page.as_data import photo_data
from studio_detector.reporting.page.context import Context
from studio_detector.reporting.typical import typical_values
from studio_detector.service.api.schemas_explained import Explanation
from studio_detector.service.children.explained import is_explanation
from studio_detector.service.children.plain_jpeg import is_plain_jpeg

_JUNK = st.one_of(
    st.booleans(),
    st.just(float("inf")),
    st.just(10**400),
    st.sampled_from(["\0", "\ud800"]),
    st.dictionaries(st.text(max_size=3), st.integers(), min_size=1, max_size=1),
    st.lists(st.just(object), max_size=0).map(lambda _: [[None]]),
)


@pytest.fixture(scope="module")
def jpeg():
    """As a child draws it."""
    rgb = np.random.default_rng(1).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    return jpeg_bytes(rgb)


@pytest.fixture(scope="module")
def explanation():
    """As a child explains."""
    detector = Detector(Settings(phases="all"))
    report = detector.analyse(picture(1))
    specs = tuple(analysis.SPEC for analysis in detector.registry)
    context = Context(specs=specs, typical=typical_values(), settings=None, band=(0.3, 0.7))
    found = explain(report, detector.model, detector.settings, context.measures)
    return json.loads(json.dumps(photo_data(found, context)))


class TestJpeg:
    @pytest.mark.parametrize(("rows", "columns"), [(1, 1), (16, 320), (213, 320)])
    def test_what_is_drawn_is_plain(self, rows, columns):
        """Of whatever size."""
        for value in (0, 255):
            assert is_plain_jpeg(jpeg_bytes(np.full((rows, columns, 3), value, np.uint8)))

    def test_every_byte_behind_or_before_is_seen(self, jpeg):
        """A script or an archive would stand there."""
        assert is_plain_jpeg(jpeg)
        for data in (jpeg + b"PK", jpeg + jpeg, b"x" + jpeg, jpeg + b"\xff\xd9", b"", jpeg[:-2]):
            assert not is_plain_jpeg(data)

    @pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xED, 0xFE, 0xDD, 0xC2])
    def test_no_segment_holds_anything_else(self, jpeg, marker):
        """Comments, EXIF, a second header."""
        words = b"<script>alert(1)</script>"
        segment = bytes([0xFF, marker]) + (2 + len(words)).to_bytes(2, "big") + words

        assert not is_plain_jpeg(jpeg[:2] + segment + jpeg[2:])
        assert not is_plain_jpeg(jpeg[:20] + segment + jpeg[20:])

    def test_metadata_are_seen(self):
        """As a program that saves photos writes them."""
        out = io.BytesIO()
        Image.new("RGB", (8, 8)).save(out, "JPEG", comment=b"hello")

        assert not is_plain_jpeg(out.getvalue())

    @settings(max_examples=200, deadline=None)
    @given(data=st.binary(max_size=80))
    def test_anything_can_be_looked_at(self, data):
        """It is no picture, and raises nothing."""
        assert not is_plain_jpeg(b"\xff\xd8" + data + b"\xff\xd9")


def _places(value, path=()):
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inner:
        if isinstance(part, dict | list):
            yield from _places(part, (*path, key))
        else:
            yield (*path, key)


def _file(data):
    return json.dumps(data).encode()


class TestExplanation:
    def test_what_is_explained_passes(self, explanation):
        """And is what the document of the API describes."""
        assert is_explanation(_file(explanation))
        model = Explanation.model_validate(explanation, strict=True)
        assert explanation == model.model_dump()

    @settings(max_examples=300, deadline=None)
    @given(data=st.data())
    def test_what_stands_anywhere_is_looked_at(self, explanation, data):
        """Kinds, numbers without end, halves of characters."""
        found = copy.deepcopy(explanation)
        *outer, last = data.draw(st.sampled_from(list(_places(explanation))))
        target = found
        for key in outer:
            target = target[key]
        before, junk = target[last], data.draw(_JUNK)
        if type(before) is type(junk) is bool:
            return
        target[last] = junk

        assert not is_explanation(_file(found))

    def test_no_key_is_added_or_left_out(self, explanation):
        """Nothing that nobody asked for is passed on."""
        assert not is_explanation(_file({**explanation, "more": 1}))
        assert not is_explanation(_file({**explanation, "cards": [{}]}))
        assert not is_explanation(_file({k: v for k, v in explanation.items() if k != "flip"}))

    @pytest.mark.parametrize(
        "file",
        [b"", b"{}", b"[" * 100_000, b"\xff", b"NaN", b"<!doctype html>", b"[1]", b"9" * 9999],
    )
    def test_what_is_none_is_seen(self, file):
        """Of whatever kind."""
        assert not is_explanation(file)
