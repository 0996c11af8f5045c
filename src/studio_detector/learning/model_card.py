"""A model described for people who must decide whether to use it.

Everything said about a particular model comes out of its file; figures on photographs kept
apart from the training come from an evaluation, as the file never saw them.

Source: Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.decision.model import Head, Model

#: Measures named for each head, strongest first.
MEASURES_NAMED = 12
_HEADS = (("lighting", "lighting alone"), ("full", "lighting and detail"))
# Markdown without hard line ends inside a sentence, so the lines stand in parentheses.
_USE = (
    "Sorting and searching collections, checking product pictures, statistics over many "
    "photographs.\n"
    "The confidence is calibrated at equal odds; where studio pictures are much rarer or more "
    "frequent, shift it by the log-odds of their share.\n"
    "The label `uncertain` is an answer: route those pictures to people.\n\n"
    "Not for decisions about persons, and not as proof of how a single picture was made: flash "
    "on location, a window with a reflector and a retouched backdrop can look alike to people too."
)
_LIMITS = (
    "- It reads pixels alone. Collages, frames, screenshots and heavy editing are outside what "
    "it was fitted on.\n"
    "- It was fitted on pictures of a few hundred pixels; finer details play no part.\n"
    "- Kinds of pictures that are rare in the training set are judged by what they share with "
    "others. Judge the model on your own pictures before you rely on it: "
    "`studio-detector evaluate FOLDER --output report/`.\n"
    "- Groups differ more than pictures do: read the intervals, which are over groups, and the "
    "accuracy averaged over groups."
)


def model_card(model: Model, specs: Iterable[AnalysisSpec] = ()) -> str:
    """Describe a model in Markdown.

    Args:
        model: The model.
        specs: Analyses, for the meaning of measures; those of others go by their names.

    Returns:
        A document without any date or path, the same for the same model.
    """
    card = model.card
    specs = tuple(specs)
    parts = [
        f"# Model card: {model.name}",
        _overview(model),
        "## Data",
        _data(card),
        "## How it was made",
        _making(card),
        "## Figures",
        _figures(card),
        "## What it looks at",
        *_measures(model, specs),
        "## Intended use",
        _USE,
        "## Limits",
        _LIMITS,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _overview(model: Model) -> str:
    counts = " and ".join(f"{len(getattr(model, name).shapes)} ({what})" for name, what in _HEADS)
    origin = model.card.get("shapes_of")
    kept = f" Shapes of `{origin}`, calibrated anew." if origin else ""
    return (
        f"`{model.identity}`: P(studio light) against natural or available light, from the pixels "
        f"of one photograph.{kept}\n\n"
        f"An additive model: each measure adds log-odds by a piecewise-linear curve of its own, "
        f"{counts} measures; a monotone calibration turns the sum into the confidence. "
        f"Confidences from {model.uncertain_low:g} to {model.uncertain_high:g} are called "
        "`uncertain`.\n"
        + ("Made for the analyses " if model.analyses else "Made for any version of the analyses.")
        + ", ".join(f"{name} {version}" for name, version in model.analyses.items())
        + ("." if model.analyses else "")
    )


def _data(card: Mapping[str, Any]) -> str:
    rows = [
        (
            use,
            *(str(facts[part]) for part in ("photographs", "studio", "natural", "groups")),
            f"`{facts['fingerprint'][:16]}`",
        )
        for use, facts in _sets(card)
    ]
    if not rows:
        return "Nothing was fitted: the model states rules."
    header = ("used for", "photographs", "studio", "natural", "groups", "fingerprint")
    return table(header, rows) + (
        "\nA group is a photographer or a collection; groups are never divided. The fingerprint "
        "is the start of a SHA-256 over file digests, labels and groups. Photographs labelled "
        "uncertain are not fitted on."
    )


def _sets(card: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    before = card.get("before", {})
    found = [
        ("shapes", before.get("training_set") if before else card.get("training_set")),
        ("calibration", card.get("calibration_set")),
    ]
    return [(use, facts) for use, facts in found if facts]


def _making(card: Mapping[str, Any]) -> str:
    lines = [f"Made by `{card['made_by']}`." if "made_by" in card else "Written by hand."]
    crossed = card.get("cross_validation")
    if crossed:
        lines.append(
            f"Choices and calibration by cross-validation over groups: {crossed['folds']} folds, "
            f"repeated {crossed['repeats']} x"
            + (f", seed {crossed['seed']}." if "seed" in crossed else ".")
        )
    for name, head in (card.get("before") or card).get("heads", {}).items():
        said = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in head.items())
        lines.append(f"Head `{name}`: {said}.")
    return "\n".join(lines)


def _figures(card: Mapping[str, Any]) -> str:
    crossed = card.get("cross_validation")
    if not crossed:
        return "None are part of the model file; see `studio-detector evaluate`."
    columns = [(n, crossed[n]) for n in ("lighting", "full", "auto") if n in crossed]
    names = dict.fromkeys(name for _, figures in columns for name in figures)
    rows = [(name, *(f"{f[name]:.3f}" if name in f else "" for _, f in columns)) for name in names]
    text = (
        "Out of fold, on groups that were not fitted on, at equal prevalence; `auto` looks at "
        "details only in doubt, as is the default. Choices were made on these very folds, so "
        "they flatter a little: figures on photographs kept apart come from "
        "`studio-detector evaluate`.\n\n" + table(("figure", *(n for n, _ in columns)), rows)
    )
    band = card.get("uncertain_band")
    if band:
        text += (
            f"\nOutside the uncertain band lie {band['share_outside']:.1%} of the photographs, "
            f"with {band['error_outside']:.1%} errors among them."
        )
    return text


def _measures(model: Model, specs: Sequence[AnalysisSpec]) -> list[str]:
    known = {
        spec.key(measure): measure.summary.replace("|", "/")
        for spec in specs
        for measure in spec.measures
    }
    parts = []
    for name, what in _HEADS:
        head: Head = getattr(model, name)
        ranges = {s.measure: max(s.log_odds) - min(s.log_odds) for s in head.shapes}
        strongest = sorted(ranges, key=lambda key: (-ranges[key], key))[:MEASURES_NAMED]
        if strongest:
            rows = [(f"`{key}`", known.get(key, ""), f"{ranges[key]:.2f}") for key in strongest]
            parts.append(
                f"Head `{name}` ({what}), the measures that can move it furthest:\n\n"
                + table(("measure", "meaning", "log-odds, lowest to highest"), rows)
            )
    return parts
