"""What a child that was taken over may answer, and what of it gets through."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kept_pictures import picture, sha256
from studio_detector import Detector, Settings
from studio_detector.batch.supervisor import error_code
from studio_detector.imaging.framing import FramingError
from studio_detector.pipeline.versions import basis
from studio_detector.service.children.outcome import new_result, new_row, report_of
from studio_detector.service.children.replies import checked_hash, checked_outcome, storable
from studio_detector.service.records import Work

HASH = sha256(b"the picture")
WORK = Work(variant="default", pipeline_version="1+0", phases="all")


@pytest.fixture(scope="module")
def good():
    """The row of a picture, as a child sends it."""
    detector = Detector(Settings(phases="all"))
    row = new_row(
        detector.analyse(picture(1)),
        detector,
        measured_on=basis(detector.settings),
        perceptual_hash=("0f" * 32, 99),
    )
    return json.loads(json.dumps({**row, "sha256": HASH}))


def places(value, path=()):
    """Every place in a row, from the outside in."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from places(value[at], (*path, at))


def with_changed(row, path, value):
    row = copy.deepcopy(row)
    *outer, last = path
    target = row
    for key in outer:
        target = target[key]
    target[last] = value
    return row


def without(row, path):
    row = copy.deepcopy(row)
    *outer, last = path
    target = row
    for key in outer:
        target = target[key]
    del target[last]
    return row


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.just(float("inf"))
    | st.text(st.characters(), max_size=6)
    | st.sampled_from(["\x00", "\ud800", "a" * 1000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


class TestGood:
    def test_it_passes_unchanged(self, good):
        """To the last key."""
        assert good == checked_outcome(copy.deepcopy(good), HASH)

    def test_it_is_the_row_of_the_picture_it_was_sent(self, good):
        """No child speaks for another picture, whose result would be believed."""
        with pytest.raises(FramingError, match="another picture"):
            checked_outcome(good, sha256(b"another"))

    def test_a_failure_is_cut_to_what_it_should_be(self):
        """With a message that a database takes."""
        row = checked_outcome(
            {"error": {"code": "corrupt", "message": "a\x00b\ud800", "x": 1}, "y": [1]}, HASH
        )

        assert "corrupt" == error_code(row)
        assert {"path", "is_studio", "confidence", "error"} == row.keys()
        assert "a\\x00b\\ud800" == row["error"]["message"]

    def test_texts_are_made_storable(self, good):
        """Warnings and reasons may quote the file."""
        row = with_changed(good, ("warnings",), ["nul \x00", "half \udcff"])
        row["measurements"]["shadow"]["flat_ratio"] = None
        row["missing"]["shadow.flat_ratio"] = "because\x00"

        found = checked_outcome(row, HASH)

        assert ["nul \\x00", "half \\udcff"] == found["warnings"]
        assert "because\\x00" == found["missing"]["shadow.flat_ratio"]


class TestHostile:
    @settings(max_examples=400, deadline=None)
    @given(data=st.data())
    def test_whatever_stands_anywhere_is_refused_or_can_be_stored(self, good, data):
        """What passes has the form of a row: a database takes it and a report comes back."""
        path = data.draw(st.sampled_from([p for p in places(good) if p]))
        if data.draw(st.booleans()):
            row = with_changed(good, path, data.draw(JUNK))
        else:
            row = without(good, path)
        try:
            found = checked_outcome(row, HASH)
        except FramingError:
            return
        if "error" in found:
            return
        text = json.dumps(found, allow_nan=False, ensure_ascii=False)
        assert "\\u0000" not in text
        text.encode("utf-8", "strict")  # no half of a surrogate pair
        result = new_result(found, tenant="t", work=WORK)
        report_of(result).to_json(verbose=True)

    @pytest.mark.parametrize("row", [None, 1, [], "row", {}, {"error": {}}, {"error": None}])
    def test_what_is_no_row_is_refused(self, row):
        """Of whatever kind."""
        with pytest.raises(FramingError):
            checked_outcome(row, HASH)

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("confidence",), 1.5),
            (("confidence",), True),
            (("label",), "perhaps"),
            (("logit",), float("inf")),
            (("measurements", "shadow", "flat_ratio"), float("inf")),
            (("measurements", "sha\x00dow"), {}),
            (("evidence", 0, "log_odds"), None),
            (("evidence", 0, "measures"), []),
            (("evidence", 0, "more"), 1),
            (("versions", "shadow"), 1.5),
            (("versions",), {}),
            (("measurements",), {}),
            (("measurements", "shadow", "flat_ratio"), None),
            (("missing",), {"": "nothing has no name"}),
            (("missing",), {"nobody.asked": "for this"}),
            (("detail_analyses",), ["nobody"]),
            (("phase",), "lighting"),
            (("working_size_px",), [1, 2, 3]),
            (("pdq",), "0f"),
            (("pdq_quality",), 101),
            (("path",), "/etc/passwd"),
            (("more",), 1),
            (("model",), "m" * 500),
        ],
        ids=str,
    )
    def test_what_could_do_harm_is_refused(self, good, path, value):
        """Numbers that are none, names no database takes, keys nobody asked for, loose ends."""
        with pytest.raises(FramingError):
            checked_outcome(with_changed(good, path, value), HASH)

    @pytest.mark.parametrize(
        "header",
        [{}, {"pdq": "0f" * 32}, {"pdq": "0F" * 32, "pdq_quality": 1},
         {"pdq": "0f" * 32, "pdq_quality": True}, {"pdq": 1, "pdq_quality": 1}],
        ids=str,
    )  # fmt: skip
    def test_what_is_no_hash_is_refused(self, header):
        """Before anybody looks for it."""
        with pytest.raises(FramingError):
            checked_hash(header)


@given(st.text(st.characters()))
def test_storable_text_has_no_nul_and_no_half_characters(text):
    """And stays what it was, where it was storable."""
    found = storable(text)

    assert "\0" not in found
    found.encode()
    if "\0" not in text and text.isprintable():
        assert text == found
