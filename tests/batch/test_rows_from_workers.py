"""What is no row is refused, whatever a worker that was taken over sends in its place."""

from __future__ import annotations

import pytest

from studio_detector.batch.supervisor import checked_row
from studio_detector.imaging.framing import FramingError

VERDICT = {"confidence": 0.5, "label": "uncertain"}


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        {},
        VERDICT | {"label": []},
        VERDICT | {"label": {}},
        VERDICT | {"label": None},
        VERDICT | {"confidence": 1},
        VERDICT | {"confidence": []},
        {"error": []},
        {"error": {"code": [], "message": ""}},
        {"error": {"code": "nonsense", "message": ""}},
        {"error": {"code": "corrupt", "message": 1}},
    ],
    ids=str,
)
def test_it_is_no_row(row):
    """Of any type that JSON has."""
    with pytest.raises(FramingError):
        checked_row(row)


@pytest.mark.parametrize("row", [VERDICT, {"error": {"code": "corrupt", "message": "torn"}}])
def test_it_is_one(row):
    """A verdict, or a failure."""
    assert row == checked_row(row)
