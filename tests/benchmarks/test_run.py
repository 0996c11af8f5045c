"""A run ends with status 1 beyond the budget, and keeps its figures only when told to."""

from __future__ import annotations

import sys

import pytest

import benchmarks.__main__ as run
from benchmark_results import results
from benchmarks.candidates.brisque import Brisque
from benchmarks.candidates.cleanvision import CleanVision
from benchmarks.measure import ready
from benchmarks.results import read
from benchmarks.tables import page_blocks

BUDGET = """
tolerance_ratio = 0.25
[[ratio]]
name = "ours over the floor"
over = "studio-detector@vga"
under = "floor@vga"
at_most = 4
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Everything a run writes, in a temporary place."""
    blocks = page_blocks(results({}))
    page = "".join(f"<!-- {name}:begin -->\n<!-- {name}:end -->\n" for name in blocks)
    for name, text in (("BUDGET", BUDGET), ("PAGE", page), ("RESULTS", "{}"), ("PLOT", "")):
        monkeypatch.setattr(run, name, tmp_path / name)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(run, "_SCRATCH", tmp_path / "scratch")
    return tmp_path


def measured(monkeypatch, ours_ms):
    found = results({"floor@vga": 1.0, "studio-detector@vga": ours_ms})
    monkeypatch.setattr(run, "measure", lambda quick: found)  # noqa: ARG005
    return found


@pytest.mark.parametrize(("ours_ms", "status"), [(4.9, 0), (5.1, 1)])
def test_the_exit_status_tells_whether_the_budget_was_kept(
    repository, monkeypatch, capsys, ours_ms, status
):
    del repository
    measured(monkeypatch, ours_ms)

    assert status == run.main([])
    out, err = capsys.readouterr()
    assert "| ours over the floor | at most 4 |" in out
    assert bool(status) == ("ours over the floor" in err)


def test_figures_are_kept_only_when_told_to(repository, monkeypatch):
    found = measured(monkeypatch, 2.0)

    run.main([])
    assert "{}" == (repository / "RESULTS").read_text(encoding="utf-8")

    run.main(["--write"])
    assert found == read(repository / "RESULTS")
    assert "an abacus" in (repository / "PAGE").read_text(encoding="utf-8")
    assert (repository / "PLOT").read_text(encoding="utf-8").startswith("<?xml")


def test_the_plot_is_the_same_every_time(repository, monkeypatch):
    measured(monkeypatch, 2.0)
    run.main(["--write"])
    first = (repository / "PLOT").read_bytes()

    run.main(["--render"])

    assert first == (repository / "PLOT").read_bytes()


def test_a_quick_look_is_never_kept(capsys):
    with pytest.raises(SystemExit):
        run.main(["--write", "--quick=5"])
    assert "all rounds" in capsys.readouterr().err


def test_rivals_that_are_not_installed_are_left_out_with_the_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "brisque", None)
    monkeypatch.setitem(sys.modules, "cleanvision", None)

    able, skipped = ready([Brisque(), CleanVision()])

    assert [] == able
    assert {"brisque", "cleanvision"} == set(skipped)
    assert all("cannot be imported" in reason for reason in skipped.values())
