"""A budget bounds ratios, and a change beyond a bound fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark_results import results
from benchmarks.budget import Bound, check, read_budget
from benchmarks.candidates import all_candidates
from benchmarks.names import CANDIDATES, STAGES
from benchmarks.sizes import SIZES, SMOOTH_SIZES

ROOT = Path(__file__).resolve().parents[2]


def bound(*, at_most=None, at_least=None, tolerance_ratio=0.25):
    return Bound(
        name="a over b",
        over="a@vga",
        under="b@vga",
        at_most=at_most,
        at_least=at_least,
        tolerance_ratio=tolerance_ratio,
    )


@pytest.mark.parametrize(
    ("ratio", "is_kept"), [(1.0, True), (2.0, True), (2.5, True), (2.51, False), (None, False)]
)
def test_a_ratio_may_pass_its_highest_bound_by_the_tolerance_and_no_more(ratio, is_kept):
    assert is_kept == bound(at_most=2).is_kept(ratio)


@pytest.mark.parametrize(
    ("ratio", "is_kept"), [(400, True), (300, True), (240, True), (239, False), (None, False)]
)
def test_a_ratio_may_fall_short_of_its_lowest_bound_by_the_tolerance_and_no_more(ratio, is_kept):
    assert is_kept == bound(at_least=300).is_kept(ratio)


@given(
    over=st.floats(0.1, 1e4),
    under=st.floats(0.1, 1e4),
    slower=st.floats(0.1, 10),
    at_most=st.floats(0.01, 1e3),
)
def test_a_slower_machine_changes_no_verdict(over, under, slower, at_most):
    """Both times grow alike; only within rounding of the limit may that show."""
    one = bound(at_most=at_most)
    here = results({"a@vga": over, "b@vga": under})
    there = results({"a@vga": over * slower, "b@vga": under * slower})

    (first,), (second,) = check([one], here), check([one], there)

    assert first.is_kept == second.is_kept or first.ratio == pytest.approx(one.limit)


def test_what_was_not_measured_is_not_kept_and_says_what_is_missing():
    (found,) = check([bound(at_most=2)], results({"a@vga": 1.0}))

    assert not found.is_kept
    assert "b@vga" in found.verdict


def test_a_denominator_of_nought_is_not_kept():
    (found,) = check([bound(at_most=2)], results({"a@vga": 1.0, "b@vga": 0.0}))

    assert not found.is_kept


@pytest.mark.parametrize("wrong", [{}, {"at_most": 1, "at_least": 1}, {"at_most": 0}])
def test_a_bound_that_says_nothing_or_too_much_is_refused(wrong):
    with pytest.raises(ValueError, match="a over b"):
        bound(**wrong)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tolerance_ratio = 0.1\n",
        '[[ratio]]\nname = "x"\nover = "a@vga"\nunder = "b@vga"\nat_most = 1\n',
        'tolerance_ratio = 0.1\n[[ratio]]\nname = "x"\nover = "a@vga"\nat_most = 1\n',
        'tolerance_ratio = 1\n[[ratio]]\nname = "x"\nover = "a@vga"\nunder = "b@vga"\nleast = 1\n',
    ],
)
def test_a_file_that_would_check_nothing_is_refused(tmp_path, text):
    path = tmp_path / "budget.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match="ratio"):
        read_budget(path)


def test_the_budget_of_the_repository_names_what_is_measured():
    """A misspelt name would count as not measured only after minutes."""
    budget = read_budget(ROOT / "benchmarks" / "budget.toml")
    sizes = {size.name for size in (*SIZES, *SMOOTH_SIZES)}
    slow = {one.name: one for one in all_candidates()}

    for one in budget:
        for key in (one.over, one.under):
            name, _, size = key.partition("@")
            assert name in {*STAGES, *CANDIDATES}
            assert size in sizes
            if name in slow:
                measured = next(s for s in (*SIZES, *SMOOTH_SIZES) if s.name == size)
                assert slow[name].rounds(measured) > 0
