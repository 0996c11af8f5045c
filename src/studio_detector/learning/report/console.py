"""The report as text: one table for each model, as the command prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.learning.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_detector.learning.report.assessment import (
        Assessment,
        ModelFigures,
        RivalFigures,
        SetFacts,
        SliceFigures,
    )

# The leading figures of the shortcut probe say enough on a terminal.
_PROBE_FIGURES = 3


def assessment_text(assessment: Assessment) -> str:
    """One table for each model, each with the shortcut probe, then the rules of thumb."""
    probe, *rules_of_thumb = assessment.rivals
    blocks = [_model_text(model, assessment.judged, probe) for model in assessment.models]
    for rival in rules_of_thumb:
        lines = [f"{rival.name} (fitted on {rival.fitted_on}):"]
        lines += [str(figure) for figure in rival.figures if figure.name == "balanced accuracy"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _model_text(model: ModelFigures, judged: SetFacts, probe: RivalFigures) -> str:
    head = (
        f"{model.model} on split {judged.split}: {judged.photographs} photographs "
        f"({judged.studio} studio) of {judged.groups} groups, {len(judged.failed)} failed"
    )
    lines = [
        head,
        *map(str, (*model.figures, *_slices(model), *model.phases, *model.abstention)),
        "",
        "size, aspect and file size alone (fitted on train):",
        *map(str, probe.figures[:_PROBE_FIGURES]),
        *(f"note: {note}" for note in model.notes),
    ]
    return "\n".join(lines)


def _slices(model: ModelFigures) -> Iterator[Figure]:
    for one in model.slices:
        yield _titled(one, one.balanced_accuracy if _both(one) else one.accuracy)


def _titled(one: SliceFigures, figure: Figure) -> Figure:
    name = f"{one.value} ({one.photographs}): {figure.name}"
    return Figure(name=name, value=figure.value, low=figure.low, high=figure.high)


def _both(one: SliceFigures) -> bool:
    return 0 < one.studio < one.photographs
