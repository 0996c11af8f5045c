"""The name of a request: the caller's where it fits, else one of ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.api.request_ids import ids_of


@pytest.mark.parametrize("name", ["a", "7c0e-4b", "A.b_c-9", "x" * 64])
def test_a_name_that_fits_is_kept(name):
    assert (name, None) == ids_of([(b"x-request-id", name.encode())])


@pytest.mark.parametrize(
    "name",
    [b"", b"x" * 65, b"a b", b"a\nb", b"a/b", b"a%20", "ä".encode(), b"\xff", b"<script>", b"a;b"],
)
def test_one_that_does_not_fit_is_replaced(name):
    found, _ = ids_of([(b"x-request-id", name)])
    assert re.fullmatch(r"[0-9a-f]{32}", found)


def test_two_names_are_none():
    """A proxy and a caller who disagree."""
    found, _ = ids_of([(b"x-request-id", b"a"), (b"x-request-id", b"b")])
    assert found not in {"a", "b"}


def test_requests_without_a_name_get_different_ones():
    assert 100 == len({ids_of([])[0] for _ in range(100)})


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ([], None),
        ([b"00-a-b-01"], "00-a-b-01"),
        ([b"00-a-b-01", b"00-c-d-01"], None),
        ([b"0" * 257], None),
    ],
)
def test_a_trace_is_taken_on_from_one_header_alone(sent, found):
    assert found == ids_of([(b"traceparent", value) for value in sent])[1]


@given(st.lists(st.tuples(st.sampled_from([b"x-request-id", b"traceparent", b"a"]), st.binary())))
def test_no_header_makes_a_name_that_does_not_fit(headers):
    name, _ = ids_of(headers)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name)
