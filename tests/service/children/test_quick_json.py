"""The JSON of rows by another library: the same headers go in and come out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile_json
from studio_detector.imaging import framing
from studio_detector.service.children import quick_json

finite = st.floats(allow_nan=False, allow_infinity=False)
# Of any characters, halves of them too.
texts = st.text(st.characters(exclude_categories=()))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | finite | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
headers = st.dictionaries(texts, values, max_size=4)


@given(headers)
def test_either_reads_what_the_other_wrote(header):
    assert header == quick_json.of_json(framing.to_json(header))
    assert header == framing.of_json(quick_json.to_json(header))


@given(headers, st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_number_that_is_none_is_not_written_wherever_it_stands(header, number):
    """The library alone would make it null, and a measure would be missing without a reason."""
    with pytest.raises(ValueError, match="JSON"):
        quick_json.to_json({"row": [header, {"measured": number}]})


def test_a_whole_number_beyond_all_bounds_is_written_like_any_other():
    assert framing.to_json({"a": 1 << 80}) == quick_json.to_json({"a": 1 << 80})


@pytest.mark.parametrize("text", hostile_json.TEXTS)
def test_what_would_break_the_parent_is_refused_by_either(text):
    for of_json in (framing.of_json, quick_json.of_json):
        with pytest.raises((ValueError, RecursionError)):
            of_json(text)
