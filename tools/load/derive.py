"""What follows from what was measured: saturation, the simulated curve, what more would need.

It is kept beside the measurements, so that the pages are made of one file.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from tools.load import capacity
from tools.load.arrivals import ARRIVALS
from tools.load.curve import answered_per_s, is_full, saturation
from tools.load.model import Costs, Layout, calibrated, errors, predicted

if TYPE_CHECKING:
    from collections.abc import Mapping


def derived(results: Mapping[str, Any]) -> dict[str, Any]:
    """The same results with everything that follows from them.

    Args:
        results: With ``modes``, each with what was measured of it.

    Returns:
        Each mode with steps has its `saturation` as it is reckoned now, whenever it was
        measured; with steps and costs, ``simulated`` and ``limits``. The results have ``needs``
        if there is such a mode.
    """
    modes = {name: _mode(one) for name, one in results.get("modes", {}).items()}
    found = {**results, "modes": modes}
    known = [name for name, one in modes.items() if "simulated" in one]
    # Embedded, one process does it all, and there cannot be a second one: it does not grow.
    chosen = next((name for name in known if name != "embedded"), None)
    if chosen is not None:
        found["needs"] = {"mode": chosen, "days": _needs(modes[chosen])}
    return found


def simulated(one: Mapping[str, Any]) -> dict[str, Any]:
    """The curve of a mode, simulated with the arrivals of the measured one.

    Args:
        one: What was measured of the mode: ``steps`` and ``costs``.

    Returns:
        ``costs`` of a picture; ``steps``, one for each measured one; ``compared``, how many of
        them are behind ``errors``; and what `saturation` says of the curve.
    """
    measured = one["steps"]["steps"]
    open_steps = [step for step in measured if not is_full(step)] or measured[:1]
    workers = one["steps"]["workers"]
    layout = Layout(cores=one["steps"]["cores"], workers=workers, children=workers)
    draw = ARRIVALS[one["steps"]["arrivals"]]
    arrivals = [draw(step["rate_per_s"], step["seconds"], step["seed"]) for step in measured]
    costs = capacity.costs_of(one["costs"], open_steps)
    # As they are kept, so that the same curve follows from what is kept.
    costs = replace(costs, analysis_ms=tuple(round(ms, 3) for ms in costs.analysis_ms))
    costs = calibrated(costs, layout, measured[0], arrivals[0])
    steps = [
        predicted(costs, layout, step["rate_per_s"], step["seconds"], came)
        for step, came in zip(measured, arrivals, strict=True)
    ]
    compared = [at for at, step in enumerate(measured) if at and not is_full(step)]
    return {
        "costs": {**asdict(costs), "analysis_ms": list(costs.analysis_ms)},
        "steps": steps,
        "compared": len(compared),
        "errors": errors([measured[at] for at in compared], [steps[at] for at in compared]),
        **saturation(steps),
    }


def _mode(measured: Mapping[str, Any]) -> dict[str, Any]:
    one = dict(measured)
    if "steps" not in one:
        return one
    steps = [{**step, "answered_per_s": answered_per_s(step)} for step in one["steps"]["steps"]]
    one["steps"] = {**one["steps"], "steps": steps, **saturation(steps)}
    if "costs" not in one:
        return one
    told = simulated(one)
    costs = Costs(**told["costs"])
    cores = one["steps"]["cores"]
    limits = [
        (f"the {cores} cores of this machine, if all were for it", cores * 1000 / costs.total_ms),
        *capacity.limits(costs, one["costs"], one["costs"].get("commit_rates")),
    ]
    limits.sort(key=lambda pair: pair[1])
    total = round(costs.total_ms, 3)
    return {**one, "simulated": told, "total_cpu_ms": total, "limits": limits}


def _needs(one: Mapping[str, Any]) -> dict[str, Any]:
    costs = Costs(**one["simulated"]["costs"])
    facts = {**one["costs"], "answer_bytes": one["steps"]["steps"][0]["answer_bytes"]}
    found = {}
    for day in capacity.TARGETS:
        need = capacity.needs(day, costs, facts, one["steps"]["memory_mib"])
        waits = capacity.foreseen(costs, need)
        found[str(day)] = {**need, "p50_ms": waits["p50_ms"], "p95_ms": waits["p95_ms"]}
    return found
