"""The page of the soak shows what was measured, and of no run in which anything was lost."""

from __future__ import annotations

import json

import pytest

from tools.soak.soak import LIVEZ_MS
from tools.soak.table import PAGE, RESULTS, parts


@pytest.fixture(scope="module")
def kept():
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def test_the_page_shows_what_is_kept(kept):
    """`python -m tools.soak --write` fills it."""
    text = PAGE.read_text(encoding="utf-8")

    assert 4 == len(parts(kept))
    for part in parts(kept).values():
        assert part.strip() in text


def test_the_kept_run_is_as_large_as_promised_and_nothing_was_wrong(kept):
    """Among it the whole edge corpus."""
    soak = kept["soak"]

    assert [] == soak["problems"]
    assert soak["changed"] >= 20_000
    assert soak["kinds"]["edge corpus, as it is"] >= 370
    assert soak["pictures"] == sum(soak["ends"].values())
    assert 0 == soak["failures"] == soak["lost"] == soak["unfinished"]
    assert 0 == soak["livez"]["failed"]
    assert soak["livez"]["most_ms"] <= LIVEZ_MS


def test_load_was_shed_and_others_hardly_noticed(kept):
    """At ten times the allowed rate."""
    assert [] == kept["shedding"]["problems"]
    assert kept["shedding"]["ratio"] <= 2
