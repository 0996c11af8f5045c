"""Tables of the measured figures, for docs/learning.md and docs/evaluation.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_detector.reporting import grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.decision.model import Model

    Found = Mapping[str, Any]

_TABLE = ("cues", "rules")
_ROWS = (
    "AUC",
    "balanced accuracy",
    "accuracy, mean over groups",
    "studio precision",
    "studio recall",
    "natural precision",
    "natural recall",
    "Brier score",
    "calibration error",
)
_SLICES = ("hard", "people")
_PHASES = ("settled by lighting", "error where lighting settled", "error where detail was needed")
_HEADS = (("lighting", "lighting"), ("lighting and detail", "full"), ("default policy", "auto"))
_HEAD_FIGURES = ("AUC", "balanced accuracy", "log loss", "calibration error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What was aimed at before anything was fitted.

    Attributes:
        words: What it is about.
        model: Model judged.
        figure: Name of the figure, or "SLICE: balanced accuracy".
        bound: The goal.
        at_most: Whether less is better.
    """

    words: str
    model: str
    figure: str
    bound: float
    at_most: bool = False


GOALS = (
    Goal(words="AUC", model="full", figure="AUC", bound=0.993),
    Goal(words="balanced accuracy", model="full", figure="balanced accuracy", bound=0.962),
    Goal(words="studio precision", model="full", figure="studio precision", bound=0.955),
    Goal(words="studio recall", model="full", figure="studio recall", bound=0.955),
    Goal(words="natural precision", model="full", figure="natural precision", bound=0.955),
    Goal(words="natural recall", model="full", figure="natural recall", bound=0.955),
    Goal(
        words="calibration error",
        model="full",
        figure="calibration error",
        bound=0.03,
        at_most=True,
    ),
    Goal(words="hard: balanced accuracy", model="full", figure="hard", bound=0.91),
    Goal(words="people: balanced accuracy", model="full", figure="people", bound=0.95),
    Goal(
        words="accuracy, mean over groups",
        model="full",
        figure="accuracy, mean over groups",
        bound=0.95,
    ),
    Goal(
        words="coverage at 98.5 % accuracy",
        model="full",
        figure="share with a verdict at 98.5% accuracy",
        bound=0.88,
    ),
    Goal(words="settled before detail", model="full", figure="settled by lighting", bound=0.67),
    Goal(
        words="error among those",
        model="full",
        figure="error where lighting settled",
        bound=0.03,
        at_most=True,
    ),
    Goal(words="`cues`: AUC", model="cues", figure="AUC", bound=0.965),
    Goal(words="`cues`: balanced accuracy", model="cues", figure="balanced accuracy", bound=0.91),
)


def goals_table(told: Found) -> str:
    """Every goal with its figure, reached or not."""
    rows = []
    for goal in GOALS:
        figure = _figures(told["models"][goal.model])[goal.figure]
        value = figure["value"]
        reached = value <= goal.bound if goal.at_most else value >= goal.bound
        sign = "at most" if goal.at_most else "at least"
        rows.append(
            (
                goal.words,
                f"{sign} {goal.bound:g}",
                _with_interval(figure),
                "reached" if reached else "**not reached**",
            )
        )
    probe = {figure["name"]: figure for figure in told["shortcut"]}["AUC"]
    rows.append(
        ("AUC of size, aspect and file size alone", "", _with_interval(probe), "shortcut probe")
    )
    return grid.markdown(("figure", "goal", "measured", ""), rows)


def learning_tables(told: Found, cues: Model) -> str:
    """The figures of the cues beside the rules and the probe, and of their cross-validation."""
    card: Any = cues.card
    heads, trained, band = card["heads"], card["training_set"], card["uncertain_band"]
    judged = told["judged"]
    probe = {figure["name"]: figure for figure in told["shortcut"]}
    models = [_figures(told["models"][name]) for name in _TABLE]
    rows = [
        (
            f"{name}: balanced accuracy" if name in _SLICES else name,
            *(_with_interval(model[name]) for model in models),
            _with_interval(probe[name]) if name in _ROWS[:2] else "",
        )
        for name in (*_ROWS, *_SLICES, *_PHASES)
    ]
    crossed = card["cross_validation"]
    return (
        f"`{cues.identity}`, fitted to {trained['photographs']:,} photographs "
        f"({trained['studio']} studio) of {trained['groups']} groups; "
        f"{heads['lighting']['measures_kept']} of {heads['lighting']['measures_offered']} "
        f"lighting measures and {heads['full']['measures_kept']} of all "
        f"{heads['full']['measures_offered']} are kept; those that change sign in the "
        "mirror are not offered.\n"
        f"The uncertain band is {cues.uncertain_low:g} to {cues.uncertain_high:g}: out of fold, "
        f"{band['share_outside']:.0%} of the training photographs lie outside it, and "
        f"{band['error_outside']:.1%} of those are wrong.\n\n"
        f"Test split, {judged['photographs']} photographs ({judged['studio']} studio) of "
        f"{judged['groups']} groups, default policy (`make figures`):\n\n"
        + grid.markdown(("figure", *(f"`{name}`" for name in _TABLE), "shortcut probe"), rows)
        + "\nCross-validation over groups inside the training split, at even odds (means of "
        f"{crossed['repeats']} divisions; `make train`):\n\n"
        + grid.markdown(
            ("head", *_HEAD_FIGURES),
            [
                (words, *(f"{crossed[head][figure]:.3f}" for figure in _HEAD_FIGURES))
                for words, head in _HEADS
            ],
        )
    )


def _figures(model: Found) -> dict[str, Found]:
    found = {f["name"]: f for f in (*model["figures"], *model["phases"], *model["abstention"])}
    return found | {one["value"]: one["balanced_accuracy"] for one in model["slices"]}


def _with_interval(figure: Found) -> str:
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
