"""The templates, with everything that keeps text from outside text."""

from __future__ import annotations

import importlib
import re
from functools import cache
from importlib.resources import files
from typing import Any

from studio_detector.errors import MissingExtraError
from studio_detector.reporting.page import palette
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted, score_words

_MINUS = re.compile(r"(?<!\S)-(?=[\d.])")


def check_installed() -> None:
    """Make sure, before long work, that pages can be written.

    Raises:
        MissingExtraError: ``missing_extra``, with the command that installs what is missing.
    """
    _jinja2()


def render(template: str, **values: object) -> str:
    """Fill a template.

    Args:
        template: Its file name.
        values: What it speaks of. Every string is escaped, and what a reader would obey
            instead of showing is shown.

    Raises:
        MissingExtraError: ``missing_extra`` if Jinja2 is not installed.
    """
    text: str = _environment().get_template(template).render(**values)
    return text


@cache
def _environment() -> Any:  # noqa: ANN401 - an optional package's class
    jinja2 = _jinja2()
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(_source),
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "signed": signed,
        "typeset": typeset,
        "exact": repr,
        "title": title,
        "score_words": score_words,
        "counted": counted,
    }
    environment.globals["style"] = page_style()
    return environment


@cache
def page_style() -> str:
    """The whole style of a page, as it stands between its tags: the same for every page."""
    light, dark = palette.variables(palette.LIGHT), palette.variables(palette.DARK)
    return (
        f"\n:root {{ color-scheme: light dark; {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        f"{_source('style.css')}\n"
    )


def signed(number: float, decimals: int = 2) -> str:
    """A number with its sign, a real minus, and no sign where it rounds to zero."""
    text = f"{number:+.{decimals}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "\u2212")


def typeset(text: str) -> str:
    """Numbers in words with a real minus; hyphens of words and exponents stay."""
    return _MINUS.sub("\u2212", text)


def title(name: str) -> str:
    """An identifier as words: ``colour_temperature`` is "Colour temperature"."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _shown(value: object) -> object:
    return printable(value) if type(value) is str else value


def _source(name: str) -> str:
    folder = files("studio_detector.reporting.page").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _jinja2() -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module("jinja2")
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_package("jinja2", "report", "writing a page") from error
