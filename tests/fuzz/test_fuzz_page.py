"""The page of fuzzing shows what was run: every target, long enough, and nothing left unmended."""

from __future__ import annotations

import json

import pytest

from tools.fuzz import catalogue
from tools.fuzz.table import PAGE, RESULTS, merged, summary, table


@pytest.fixture(scope="module")
def kept():
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def test_every_target_was_run_for_half_an_hour_together(kept):
    """And has nothing left that was found."""
    assert catalogue.names() == [row["target"] for row in kept["targets"]]
    assert sum(row["seconds"] for row in kept["targets"]) >= 30 * 60
    assert {0} == {row["findings"] for row in kept["targets"]}


def test_the_page_shows_what_is_kept(kept):
    """`python -m tools.fuzz --write` fills it."""
    text = PAGE.read_text(encoding="utf-8")

    assert table(kept).strip() in text
    assert summary(kept) in text


def test_a_new_row_takes_the_place_of_an_older_one():
    """And leaves the others; the order is that of the targets."""
    first, second = catalogue.names()[:2]
    old = merged({}, [{"target": second, "seconds": 1}, {"target": first, "seconds": 2}])
    new = merged(old, [{"target": second, "seconds": 3}])

    assert [(first, 2), (second, 3)] == [(row["target"], row["seconds"]) for row in new["targets"]]
