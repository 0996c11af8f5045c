"""Reports as a few lines of HTML, for notebooks: no style sheet, no script, nothing to install."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.pipeline.report import Failure, Report

#: Terms shown one by one; the weaker ones are summed up.
MOST_TERMS = 8
# Okabe and Ito's orange and blue: as marks, both stand out from white and from black.
_STUDIO, _NATURAL = "#d55e00", "#0072b2"
_TABLE = "border-collapse:collapse;text-align:left;font-size:90%"
_CELL = "padding:1px 8px;text-align:left"
_NUMBER = "padding:1px 8px;text-align:right;font-variant-numeric:tabular-nums"
# Percent of its cell that a bar may take to either side.
_HALF = 50.0


def report_html(report: Report) -> str:
    """The verdict, the strongest evidence with bars, and the warnings.

    Colours of text are left to the notebook, so that it can be read on light and dark pages;
    bars lean to the left for natural and to the right for studio light, whoever sees no colour.

    Args:
        report: What was found.

    Returns:
        One element of HTML in which everything from outside stands as text.
    """
    evidence = report.evidence
    ordered = sorted(evidence.terms, key=lambda term: -abs(term.log_odds))
    rest = ordered[MOST_TERMS:]
    rows = [("before anything is measured", "", evidence.intercept)]
    rows += [
        (" with ".join(map(_words, term.measures)), _values(term.values), term.log_odds)
        for term in ordered[:MOST_TERMS]
    ]
    if rest:
        noun = "measurement" if len(rest) == 1 else "measurements"
        total = math.fsum(term.log_odds for term in rest)
        rows.append((f"{len(rest)} weaker {noun} together", "", total))
    notes = "".join(f"<li>{_shown(warning)}</li>" for warning in report.warnings)
    return (
        f'<div class="studio-detector"><p>{_name(report.path)}: '
        f"<strong>{_shown(report.label)}</strong>, P(studio) {report.confidence:.3f}</p>"
        f'<table style="{_TABLE}"><caption style="text-align:left">Evidence in log-odds, natural '
        "light to the left, studio to the right</caption>"
        f"<thead><tr>{_heads(('evidence', 'value', 'log-odds', ''))}</tr></thead>"
        f"<tbody>{_rows(rows)}</tbody>"
        f'<tfoot><tr><th scope="row" style="{_CELL}">sum, before calibration</th><td></td>'
        f'<td style="{_NUMBER}">{evidence.logit:+.2f}</td><td></td></tr></tfoot></table>'
        + (f"<ul>{notes}</ul>" if notes else "")
        + f"<p><small>{_shown(report.phase)} phase, {report.timing.total_ms:.0f} ms, model "
        f"{_shown(report.model)}, settings {_shown(report.variant)}, studio-detector "
        f"{_shown(report.version)}</small></p></div>"
    )


def failure_html(failure: Failure) -> str:
    """What went wrong with a photo, as one element of HTML."""
    return (
        f'<div class="studio-detector"><p>{_name(failure.path)}: <strong>failed</strong> '
        f"({_shown(failure.code)}): {_shown(failure.message)}</p></div>"
    )


def _rows(rows: Iterable[tuple[str, str, float]]) -> str:
    rows = list(rows)
    largest = max(abs(log_odds) for _, _, log_odds in rows) or 1.0
    return "".join(
        f'<tr><th scope="row" style="{_CELL};font-weight:normal">{_shown(words)}</th>'
        f'<td style="{_NUMBER}">{_shown(value)}</td>'
        f'<td style="{_NUMBER}">{log_odds:+.2f}</td>'
        f'<td style="padding:1px 8px">{_bar(log_odds / largest)}</td></tr>'
        for words, value, log_odds in rows
    )


def _bar(share: float) -> str:
    """A bar to one side of the middle; ``share`` is -1..1. The number beside it says the same."""
    width = abs(share) * _HALF
    left = _HALF if share > 0 else _HALF - width
    colour = _STUDIO if share > 0 else _NATURAL
    return (
        '<div aria-hidden="true" style="position:relative;width:160px;height:0.8em;background:'
        'linear-gradient(currentColor,currentColor) center/1px 100% no-repeat">'
        f'<div style="position:absolute;left:{left:.1f}%;width:{width:.1f}%;height:100%;'
        f'background:{colour}"></div></div>'
    )


def _heads(names: Iterable[str]) -> str:
    return "".join(
        f'<th scope="col" style="{_CELL}">{escape(name)}</th>' if name else "<td></td>"
        for name in names
    )


def _words(measure: str) -> str:
    return measure.replace(".", ": ").replace("_", " ")


def _values(values: Iterable[float | None]) -> str:
    return ", ".join("missing" if value is None else f"{value:.3g}" for value in values)


def _name(path: str | None) -> str:
    return "(no name)" if path is None else f"<code>{_shown(path)}</code>"


def _shown(text: str) -> str:
    """Text as text; with line ends or invisible characters, as Python would write it."""
    return escape(text if text.isprintable() else repr(text))
