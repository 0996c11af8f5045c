"""The overview as one HTML page that needs nothing beside it (extra ``report``)."""

from __future__ import annotations

import importlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, get_args

from studio_detector.batch.overview.histogram import histogram_svg
from studio_detector.decision.policy import Label
from studio_detector.errors import CODES, MissingExtraError
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.batch.overview.facts import Facts
    from studio_detector.batch.overview.sample import Chosen, Sample

_TEMPLATE = "overview.html.j2"


def check_installed() -> None:
    """Make sure, before long work, that a page can be made at its end.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    _jinja2()


def overview_page(
    facts: Facts,
    sample: Sample,
    picture: Callable[[Chosen], str | None],
    *,
    title: str,
    near_duplicate_groups: int | None = None,
) -> str:
    """Make the page: no script, no reference to anything outside it, every text escaped.

    Args:
        facts: Numbers of the batch.
        sample: Pictures of the contact sheet.
        picture: Gives the ``data:`` URI of a picture's thumbnail.
        title: Name of the output, for the heading.
        near_duplicate_groups: Groups of near duplicates; None if they were not looked for.

    Returns:
        HTML. Equal arguments give equal text: the page holds no time of day.

    Raises:
        MissingExtraError: ``missing_extra`` if Jinja2 is not installed.
    """
    jinja2 = _jinja2()
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        # Names come from outside: what a browser would obey or hide is shown instead.
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent}
    labels = get_args(Label)
    source = files("studio_detector.batch.overview").joinpath("templates", _TEMPLATE)
    markup = importlib.import_module("markupsafe").Markup
    text: str = environment.from_string(source.read_text(encoding="utf-8")).render(
        title=title,
        facts=facts,
        counts=facts.counts,
        labels=labels,
        codes=CODES,
        histogram=markup(histogram_svg(facts.histogram, labels)),
        sheets={
            label: [(chosen, picture(chosen)) for chosen in sample.of(label)] for label in labels
        },
        near_duplicate_groups=near_duplicate_groups,
    )
    return text


def _jinja2() -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module("jinja2")
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_package("jinja2", "report", "writing an overview") from error


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
