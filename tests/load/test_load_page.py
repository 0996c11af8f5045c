"""The pages of the load show what was measured, and of no run in which anything was lost."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from tools.load import capacity_table, plot, table
from tools.load.answers import Answer
from tools.load.arrivals import ARRIVALS, poisson
from tools.load.capacity import costs_of, limits, needs
from tools.load.curve import is_full, saturation, step
from tools.load.derive import derived
from tools.load.model import Costs, Layout, predicted
from tools.load.steady import PART

_RATES = (5.0, 20.0, 40.0, 80.0)
_SECONDS = 10.0


def _step(rate, seed):
    """As a service answers that takes 30 ms, and much longer at the last rate."""
    wait_s = 0.03 if rate < 80 else 3.0
    answers = [
        Answer(at, at, at + wait_s, 200, 1, f"{at}", "", 12.0, 3000)
        for at in poisson(rate, _SECONDS, seed)
    ]
    count = len(answers)
    return {
        **step(answers, rate, _SECONDS),
        "seed": seed,
        "lasted_s": 10.5,
        "cpu_s": {
            "api": 0.006 * count,
            "children": 0.012 * count,
            "generator": 0.001 * count,
            "machine": 0.03 * count,
        },
        "queue_wait": {"count": 0.0, "mean_ms": None, "p95_ms": None},
        "analysis_ms": [10.0, 14.0],
        "answer_bytes": 3000,
    }


@pytest.fixture(scope="module")
def results():
    """Of one mode, small and made up."""
    facts = {"measured": "2026-11-28T16:00:00", "machine": "2 cores, a processor", "cores": 2}
    steps = [_step(rate, seed) for seed, rate in enumerate(_RATES, start=1)]
    memory = {"minutes": [0.0, 1.0], "mib": [100.0, 101.0], "median_mib": 100.5}
    mode = {
        "costs": {
            "pictures": 1200,
            "picture_bytes": 34_000,
            "accepted_per_s": 150.0,
            "accept_cpu_ms": {"api": 4.0, "postgres": 1.0, "redis": 0.1},
            "finish_cpu_ms": {"api": 1.0, "workers": 2.0, "postgres": 1.0, "redis": 0.1},
            "database_rows": 2.0,
            "database_bytes": 6000,
            "wal_bytes_each": 20_000.0,
            "commits_each": 9.0,
            "writes_each": 4.0,
            "flushes_each": 3.0,
            "redis_commands_each": 12.0,
            "redis_bytes_queued": 500,
            "redis_bytes_cached": 3500,
            "commit_rates": {"1": 500.0, "8": 2500.0},
            **facts,
        },
        "steps": {
            "estimate_per_s": 80.0,
            "arrivals": "poisson",
            "workers": 2,
            "steps": steps,
            "memory_mib": {"api": 200.0, "worker": 100.0, "child": 150.0},
            **saturation(steps),
            **facts,
        },
        "steady": {
            "rate_per_s": 28.0,
            "seconds": 3600.0,
            "posted": 100_800,
            "accepted": 100_800,
            "requests": 100_900,
            "done": 100_799,
            "dead": 1,
            "lost": 0,
            "doubled": 0,
            "attempts": 100_850,
            "worked_off_s": 0.4,
            "tracebacks": 0,
            "database_bytes": 6100,
            "blows": {"kill a worker": 12, "stop postgres": 11},
            "minutes": [
                {"minute": 0, "pictures": 9, "p50_ms": 30.0, "p95_ms": 60.0, "p99_ms": 90.0},
                {"minute": 1, "pictures": 9, "p50_ms": 31.0, "p95_ms": 61.0, "p99_ms": 91.0},
            ],
            "accepted_after": {"p50_ms": 9.0, "p99_ms": 40.0},
            "result_after": {"p50_ms": 30.0, "p99_ms": 90.0},
            "memory": {
                "api": {
                    **memory,
                    "slope_mib_per_h": 1.0,
                    "growth_mib": 0.7,
                    "allowed_mib": 32.0,
                    "is_flat": True,
                }
            },
            "problems": [],
            **facts,
        },
    }
    return derived({"batch_cpu_ms": 14.5, "modes": {"redis": mode}})


def _row(text, name):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_the_summary_says_when_it_is_full(results):
    said = table.summary(results)

    assert "**redis**, 2 processes that analyse: It is full from 80.0 pictures a second on" in said
    assert "with who posts, PostgreSQL and broker on the same machine" in said


def test_every_step_is_a_row(results):
    text = table.curve(results)

    first, last = _row(text, "5.0"), _row(text, "80.0")
    assert (first[1], first[2], first[3]) == ("100%", "0", "30")
    assert "" == first[-1]
    assert "full" == last[-1]
    assert "-" == first[6]


def test_of_a_mode_without_steps_the_part_is_not_known(results):
    """Where only the steady run was measured, at a rate that somebody gave."""
    one = results["modes"]["redis"]["steady"]

    text = table.steady({"modes": {"redis": {"steady": one}}})

    assert ["-"] == _row(text, "of what the service answers at most")
    assert ["-"] != _row(table.steady(results), "of what the service answers at most")


def test_the_count_of_the_steady_run_is_shown(results):
    text = table.steady(results)

    assert ["100,800"] == _row(text, "accepted")
    assert ["100,799"] == _row(text, "done")
    assert ["0"] == _row(text, "lost") == _row(text, "doubled")
    assert ["12 x kill a worker; 11 x stop postgres"] == _row(text, "blows")
    assert ["none"] == _row(text, "problems")
    assert "| redis | api | 100 | +1.0 | +0.7 | 32 | flat |" in table.memory(results)


def test_what_is_restarted_by_blows_is_judged_neither_flat_nor_growing(results):
    """A line through several lives says nothing of any of them."""
    other = copy.deepcopy(results)
    memory = other["modes"]["redis"]["steady"]["memory"]
    memory["redis"] = memory["api"]
    memory["postgres"] = {**memory["api"], "is_flat": False}
    memory["api"] = {**memory["api"], "is_flat": False}

    lines = table.memory(other).splitlines()[2:]

    assert {"api": "**grows**", "redis": "restarted", "postgres": "restarted"} == {
        line.split("|")[2].strip(): line.split("|")[-2].strip() for line in lines
    }


def test_saturation_follows_from_the_steps_whatever_was_kept_of_it(results):
    """What is reckoned otherwise now is so for earlier runs, too."""
    steps = results["modes"]["redis"]["steps"]
    old = copy.deepcopy(steps) | {"most_per_s": 1.0, "saturation_per_s": 1.0}
    old["steps"][-1]["answered_per_s"] = 1.0

    assert steps == derived({"modes": {"redis": {"steps": old}}})["modes"]["redis"]["steps"]


def test_a_problem_is_shown(results):
    worse = copy.deepcopy(results)
    worse["modes"]["redis"]["steady"]["problems"] = ["2 jobs are lost"]

    assert ["2 jobs are lost"] == _row(table.steady(worse), "problems")


def test_simulated_stands_beside_measured(results):
    told = results["modes"]["redis"]["simulated"]
    text = capacity_table.simulated(results)

    assert 2 == told["compared"]
    assert "calibrated with it" == _row(text, "5.0")[-1]
    assert f"off by {told['errors']['p50_ms']:.0%}" in text
    # Alone, it takes what was measured alone.
    assert told["steps"][0]["p50_ms"] == pytest.approx(30.0, abs=0.5)


def test_capacity_is_told_for_a_million_ten_and_a_hundred(results):
    text = capacity_table.needs(results)

    assert "| a day | 1 million | 10 million | 100 million |" in text
    assert ["35", "347", "3,472"] == _row(text, "pictures a second at the peak")
    assert "mode redis" in text


def test_pictures_per_core_day_stand_beside_batch(results):
    total = results["modes"]["redis"]["total_cpu_ms"]
    text = capacity_table.cost(results)

    # 6 ms serving, 2 worker, 12 analysing, 2.2 stores.
    assert total == pytest.approx(22.2, abs=0.01)
    assert [f"{86_400_000 / total:,.0f}", f"{86_400_000 / 14.5:,.0f}"] == _row(
        text, "**pictures per core-day**"
    )


def test_a_part_that_is_measured_again_takes_the_place_of_the_old_one(results):
    new = {"modes": {"redis": {"steady": {"lost": 7}}, "embedded": {"steps": {}}}}

    found = table.joined(results, new)

    assert {"lost": 7} == found["modes"]["redis"]["steady"]
    assert results["modes"]["redis"]["steps"] == found["modes"]["redis"]["steps"]
    assert {"redis", "embedded"} == set(found["modes"])
    assert 14.5 == found["batch_cpu_ms"]


def test_pictures_are_drawn_alike_each_time(results, tmp_path):
    pytest.importorskip("matplotlib")
    for name, draw in (("curve", plot.draw_curves), ("steady", plot.draw_steady)):
        one, other = tmp_path / f"{name}.svg", tmp_path / f"{name}-again.svg"
        draw(one, results)
        draw(other, results)

        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_size < 200_000


@pytest.fixture(scope="module")
def kept():
    return json.loads(table.RESULTS.read_text(encoding="utf-8"))


class TestKept:
    """The figures that are kept, and the pages that show them."""

    def test_the_pages_show_what_is_kept(self, kept):
        """`python -m tools.load --render` fills them."""
        load, capacity = (
            page.read_text(encoding="utf-8") for page in (table.PAGE, table.CAPACITY_PAGE)
        )

        assert 5 == len(table.parts(kept))
        assert 4 == len(capacity_table.parts(kept))
        for part in table.parts(kept).values():
            assert part.strip() in load
        for part in capacity_table.parts(kept).values():
            assert part.strip() in capacity

    def test_it_was_held_and_nothing_was_lost_or_doubled(self, kept):
        held = [mode["steady"] for mode in kept["modes"].values() if "steady" in mode]

        assert held
        for one in held:
            assert one["seconds"] >= 3600
            assert one["accepted"] == one["done"] + one["dead"] == one["posted"]
            assert 0 == one["lost"] == one["doubled"]
            assert [] == one["problems"]
            assert sum(one["blows"].values()) >= 50
            assert any(found["is_flat"] for found in one["memory"].values())

    def test_it_was_held_at_the_promised_part_of_saturation(self, kept):
        for mode in kept["modes"].values():
            if "steady" in mode:
                part = mode["steady"]["rate_per_s"] / mode["steps"]["saturation_per_s"]
                assert PART - 0.01 <= part < PART + 0.05

    def test_every_curve_reaches_saturation(self, kept):
        """Else nobody would know where it is."""
        for mode in kept["modes"].values():
            assert mode["steps"]["full_per_s"] is not None
            assert len(mode["steps"]["steps"]) >= 8

    def test_costs_limits_and_needs_follow_from_what_was_measured(self, kept):
        """Nobody has mended them by hand either."""
        for mode in kept["modes"].values():
            told = mode["simulated"]["costs"]
            costs = Costs(**told)
            below = [found for found in mode["steps"]["steps"] if not is_full(found)]
            found = costs_of(mode["costs"], below)
            assert told["analysis_ms"] == [round(ms, 3) for ms in found.analysis_ms]
            assert replace(found, analysis_ms=costs.analysis_ms, wait_ms=costs.wait_ms) == costs
            rates = dict(limits(costs, mode["costs"], mode["costs"].get("commit_rates")))
            assert rates.items() <= dict(mode["limits"]).items()
            assert mode["total_cpu_ms"] == pytest.approx(costs.total_ms, abs=0.001)
        mode = kept["modes"][kept["needs"]["mode"]]
        facts = {**mode["costs"], "answer_bytes": mode["steps"]["steps"][0]["answer_bytes"]}
        costs = Costs(**mode["simulated"]["costs"])
        for day, shown in kept["needs"]["days"].items():
            found = needs(int(day), costs, facts, mode["steps"]["memory_mib"])
            assert found.items() <= shown.items()

    def test_the_simulated_curve_is_the_one_that_follows_from_the_figures(self, kept):
        """Nobody has mended it by hand; two steps of it are enough to tell."""
        for mode in kept["modes"].values():
            costs = Costs(**mode["simulated"]["costs"])
            layout = Layout(cores=mode["steps"]["cores"])
            draw = ARRIVALS[mode["steps"]["arrivals"]]
            pairs = zip(mode["steps"]["steps"], mode["simulated"]["steps"], strict=True)
            for real, model in list(pairs)[1:3]:
                rate, seconds = real["rate_per_s"], real["seconds"]
                arrivals = draw(rate, seconds, real["seed"])

                assert model == predicted(costs, layout, rate, seconds, arrivals)
