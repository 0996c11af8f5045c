"""The page of faults shows what was measured, for every fault in every mode."""

from __future__ import annotations

import json

import pytest

from tools.faults.play import Outcome
from tools.faults.table import PAGE, RESULTS, SCENARIOS, fill, merged, summary, table

_FACTS = {"measured": "2026-11-28T07:00:00+00:00", "machine": "2 cores"}


def outcome(scenario, mode, **changes):
    return Outcome(**{"scenario": scenario, "mode": mode, "jobs_in": 5, "done": 5, **changes})


@pytest.fixture(scope="module")
def kept():
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def test_every_fault_was_tried_in_each_of_its_modes(kept):
    """With as many jobs as the page claims."""
    tried = {(row["scenario"], row["mode"]) for row in kept["outcomes"]}

    assert {(name, mode) for name, one in SCENARIOS.items() for mode in one.modes} == tried


def test_every_kept_run_lost_nothing(kept):
    """A table with a loss in it is not published."""
    for row in kept["outcomes"]:
        assert [] == list(row["problems"]), (row["scenario"], row["mode"])
        assert 0 == row["lost"] == row["stored_twice"] == row["ended_twice"]
        assert row["jobs_in"] == row["done"] + row["dead"]


def test_the_page_shows_what_is_kept(kept):
    """`python -m tools.faults --write` fills it."""
    text = PAGE.read_text(encoding="utf-8")

    assert table(kept).strip() in text
    assert summary(kept) in text


def test_a_new_outcome_takes_the_place_of_an_older_one():
    """And leaves the others; the order is that of the scenarios."""
    first, second = list(SCENARIOS)[:2]
    old = merged({}, [outcome(second, "redis"), outcome(first, "redis")], _FACTS)
    new = merged(old, [outcome(second, "redis", jobs_in=7)], _FACTS)

    assert [first, second] == [row["scenario"] for row in new["outcomes"]]
    assert [5, 7] == [row["jobs_in"] for row in new["outcomes"]]


def test_a_problem_stands_out_in_the_table():
    """Nobody overlooks it."""
    bad = outcome("worker-killed", "redis", lost=1, problems=["1 lost: a|b"])
    results = merged({}, [bad], _FACTS)

    assert "**1 lost: a/b**" in table(results)
    assert "1 lost" in summary(results)
    assert "1 runs with a problem" in summary(results)


def test_a_page_without_its_markers_is_refused(tmp_path):
    """Rather than left as it was."""
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="faults"):
        fill(page, {"faults": "table"})
