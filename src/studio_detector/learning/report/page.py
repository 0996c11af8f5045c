"""The report as files: ``report.json``, and ``report.html`` that needs nothing beside it."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from studio_detector.errors import ConfigError
from studio_detector.learning.extras import optional
from studio_detector.learning.report.charts import model_charts
from studio_detector.learning.report.thumbnails import thumbnail
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.learning.figures import Figure
    from studio_detector.learning.report.assessment import Assessment

#: Names of the two files.
JSON_NAME, HTML_NAME = "report.json", "report.html"
_TEMPLATE = "report.html.j2"
_PURPOSE = "writing a report"
# Stands for a figure that does not exist.
_NONE = "-"


def write(assessment: Assessment, folder: Path) -> tuple[Path, Path]:
    """Write both files; the folder is made where it is missing.

    Args:
        assessment: What they say.
        folder: Where to.

    Returns:
        Paths of the JSON and of the page.

    Raises:
        ConfigError: ``config_invalid_value`` if the folder cannot be written.
        MissingExtraError: If Jinja2 or matplotlib is not installed.
    """
    # The page first: without its packages nothing is written at all.
    page = html(assessment)
    data = json.dumps(assessment.to_dict(), indent=1, allow_nan=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON_NAME).write_text(data, encoding="utf-8")
        (folder / HTML_NAME).write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the report cannot be written to {os.fspath(folder)!r} ({error.strerror}); "
            "name a folder that can be written with --output",
            code="config_invalid_value",
        ) from error
    return folder / JSON_NAME, folder / HTML_NAME


def html(assessment: Assessment) -> str:
    """The page: no script, no reference to anything outside it, every text escaped.

    Args:
        assessment: What it says.

    Raises:
        MissingExtraError: If Jinja2 or matplotlib is not installed.
    """
    jinja2 = optional("jinja2", purpose=_PURPOSE, extra="report")
    markup = optional("markupsafe", purpose=_PURPOSE, extra="report").Markup
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        # Names come from outside: what a terminal or a reader would obey is shown instead.
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "percent": _percent, "interval": _interval}
    source = files("studio_detector.learning.report").joinpath("templates", _TEMPLATE)
    charts = [
        {chart: markup(svg) for chart, svg in model_charts(model, name=f"model{number}").items()}
        for number, model in enumerate(assessment.models)
    ]
    text: str = environment.from_string(source.read_text(encoding="utf-8")).render(
        report=assessment,
        columns=_columns(assessment),
        charts=charts,
        thumbnails={
            error.path: thumbnail(error.path)
            for model in assessment.models
            for error in model.worst
        },
    )
    return text


def _columns(assessment: Assessment) -> list[tuple[str, dict[str, Figure]]]:
    """Heading -> figures by name, of everything that stands side by side in the first table."""
    return [
        *((model.model.partition("+")[0], _named(model.figures)) for model in assessment.models),
        *((rival.name, _named(rival.figures)) for rival in assessment.rivals),
    ]


def _named(figures: tuple[Figure, ...]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def _number(value: float | None, decimals: int = 3) -> str:
    return _NONE if value is None else f"{value:.{decimals}f}"


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{100 * value:.0f} %"


def _interval(figure: Any) -> str:  # noqa: ANN401 - a figure, or Jinja's undefined
    return "" if figure.low is None else f"{figure.low:.3f} to {figure.high:.3f}"
