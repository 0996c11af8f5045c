"""Results keep their JSON form, are held against the goals, and fill the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmark_results import results
from benchmarks.goals import goals
from benchmarks.results import Results, read
from benchmarks.tables import candidates_table, filled, goals_table, page_blocks

ROOT = Path(__file__).resolve().parents[2]
GOOD_MS = {
    "lighting@vga": 3.0,
    "detail@vga": 4.0,
    "floor@2mp": 8.0,
    "studio-detector@2mp": 16.0,
    "floor@12mp": 30.0,
    "studio-detector@12mp": 39.0,
    "studio-detector, no extras@2mp": 15.0,
    "studio-detector, no extras@12mp": 30.0,
    "studio-detector@vga": 10.0,
    "seed@vga": 4000.0,
}
GOOD = {
    "rates": {("vga", 1): 100.0, ("vga", 2): 190.0, ("12mp", 1): 25.0, ("12mp", 2): 48.0},
    "processes": {"import": 0.05, "--help": 0.2, "one photo": 0.6},
}


def test_json_gives_back_what_went_in():
    whole = results(GOOD_MS, **GOOD, skipped={"brisque": "not installed"})

    assert whole == Results.from_json(whole.to_json())


def test_another_version_is_refused():
    found = json.loads(results({}).to_json()) | {"schema_version": 0}

    with pytest.raises(ValueError, match="schema version 0"):
        Results.from_json(json.dumps(found))


def test_a_key_nobody_knows_is_refused():
    found = json.loads(results({}).to_json()) | {"speed": "high"}

    with pytest.raises(ValueError, match="speed"):
        Results.from_json(json.dumps(found))


def test_good_figures_reach_every_goal():
    assert [] == [goal.text for goal in goals(results(GOOD_MS, **GOOD)) if not goal.is_reached]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("lighting@vga", 4.1, "lighting"),
        ("detail@vga", 5.1, "detail"),
        ("studio-detector@2mp", 20.1, "2 MP"),
        ("studio-detector@12mp", 40.6, "12 MP"),
        ("studio-detector, no extras@2mp", 20.1, "without extras, 2 MP"),
        ("seed@vga", 2900.0, "seed"),
    ],
)
def test_a_slow_figure_misses_its_goal_and_no_other(key, value, text):
    missed = [
        goal for goal in goals(results(GOOD_MS | {key: value}, **GOOD)) if not goal.is_reached
    ]

    assert [text in goal.text for goal in missed] == [True]
    assert "not reached" in missed[0].verdict


def test_what_was_not_measured_reaches_nothing():
    """Memory of a process is always measured, the rest was left out here."""
    reached = [goal for goal in goals(results({})) if goal.is_reached]

    assert ["peak memory of one process, 12 MP"] == [goal.text for goal in reached]


def test_one_worker_alone_is_no_speed_up():
    alone = results(GOOD_MS, **GOOD | {"rates": {("vga", 1): 500.0}})

    assert all(goal.value is None for goal in goals(alone) if "workers" in goal.text)


def test_a_skipped_candidate_is_named_with_its_reason():
    table = candidates_table(results({"floor@vga": 1.0}, skipped={"brisque": "no compiler"}))

    assert "brisque: no compiler" in table


def test_the_page_holds_the_committed_results():
    """Otherwise: make bench ARGS=--render."""
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

    assert page == filled(page, read(ROOT / "benchmarks" / "results.json"))


def test_filling_changes_the_parts_and_nothing_else():
    parts = page_blocks(results(GOOD_MS, **GOOD))
    page = "".join(f"a\n<!-- {name}:begin -->\nby hand\n<!-- {name}:end -->\nz\n" for name in parts)

    text = filled(page, results(GOOD_MS, **GOOD))

    assert "by hand" not in text
    assert text.count("a\n<!--") == text.count("-->\nz\n") == len(parts)
    assert goals_table(results(GOOD_MS, **GOOD)).strip() in text


def test_a_page_without_a_part_is_refused():
    with pytest.raises(ValueError, match="bench-goals"):
        filled("# Performance\n", results({}))
