"""What is killed and stopped during a steady run, and when."""

from __future__ import annotations

import itertools
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.load import chaos
from tools.load.chaos import BLOWS, EMBEDDED, SCALED, Blow, schedule, strike


@pytest.mark.parametrize(("is_scaled", "kinds"), [(True, SCALED), (False, EMBEDDED)])
def test_every_kind_of_blow_can_be_struck_and_is_struck_in_an_hour(is_scaled, kinds):
    blows = schedule(3600, is_scaled=is_scaled)

    assert set(kinds) <= set(BLOWS)
    assert set(kinds) == {blow.kind for blow in blows}


def test_each_minute_has_a_blow_and_the_last_one_has_none():
    """So that what was hit can end."""
    assert [60.0 * minute for minute in range(1, 60)] == [
        blow.at_s for blow in schedule(3600, is_scaled=True)
    ]


def test_kinds_come_in_turn():
    blows = schedule(3600, is_scaled=True)

    assert list(SCALED) == [blow.kind for blow in blows[: len(SCALED)]]
    counts = Counter(blow.kind for blow in blows)
    counts.pop("kill the process that serves")
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("is_scaled", [True, False])
def test_what_serves_lives_through_the_time_in_which_its_memory_is_followed(is_scaled):
    """It is killed in the first third alone."""
    blows = schedule(3600, is_scaled=is_scaled)
    killed = [blow.at_s for blow in blows if "serv" in blow.kind]

    assert len(killed) >= 4
    assert max(killed) <= 1200


@given(
    seconds=st.floats(0, 5000),
    every_s=st.floats(5, 600),
    is_scaled=st.booleans(),
)
def test_blows_keep_their_distance_whatever_the_length(seconds, every_s, is_scaled):
    blows = schedule(seconds, is_scaled=is_scaled, every_s=every_s)
    times = [0.0, *(blow.at_s for blow in blows), max(seconds, 0.0)]
    pauses = [then - now for now, then in itertools.pairwise(times)]

    assert not blows or min(pauses) >= every_s - 1e-6
    assert not blows or max(pauses) <= 2 * every_s + 1e-6


@pytest.fixture
def killed(monkeypatch):
    found = []
    monkeypatch.setattr(chaos, "kill", found.append)
    monkeypatch.setattr(chaos, "_AT_WORK_S", 0.05)
    return found


def test_a_process_that_analyses_is_killed_at_its_work(killed, monkeypatch):
    """Killing one that idles takes no picture from anybody."""
    looks = iter([False, False, True])
    monkeypatch.setattr(chaos, "_AT_WORK_S", 60.0)
    monkeypatch.setattr(chaos, "is_working", lambda _pid: next(looks))

    strike(SimpleNamespace(children=lambda: [11, 12]), Blow(0.0, "kill an analysis"))

    assert [12] == killed
    assert [] == list(looks)


def test_where_none_is_at_work_an_idle_one_is_killed(killed, monkeypatch):
    monkeypatch.setattr(chaos, "is_working", lambda _pid: False)

    strike(SimpleNamespace(children=lambda: [11, 12]), Blow(0.0, "kill an analysis"))

    assert [12] == killed


def test_a_blow_that_finds_nobody_is_not_counted_as_one(killed):
    with pytest.raises(RuntimeError, match="no process that analyses"):
        strike(SimpleNamespace(children=list), Blow(0.0, "kill an analysis"))

    assert [] == killed


def test_a_run_shorter_than_two_pauses_is_left_alone():
    assert [] == schedule(100, is_scaled=False)
