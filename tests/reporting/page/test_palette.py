"""Colours that can be told apart and read, on light and on dark ground."""

from __future__ import annotations

import re

import pytest

import html_pages
from studio_detector.reporting.page import palette

TEXTS = ("ink", "soft", "studio-text", "natural-text", "uncertain-text", "link")
DRAWN = ("studio", "natural", "mark", "ink", "soft")


@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
class TestContrast:
    @pytest.mark.parametrize("text", TEXTS)
    def test_words_pass_aa(self, colours, text):
        assert 4.5 <= html_pages.contrast(colours[text], colours["ground"])

    def test_words_on_notes_pass_aa(self, colours):
        assert 4.5 <= html_pages.contrast(colours["ink"], colours["note"])

    @pytest.mark.parametrize("drawn", DRAWN)
    def test_bars_and_marks_pass_aa_for_graphics(self, colours, drawn):
        assert 3 <= html_pages.contrast(colours[drawn], colours["ground"])

    def test_every_colour_is_used_and_every_used_one_is_there(self, colours):
        css = "".join(
            environment_source(name) for name in ("style.css", "base.html.j2", "macros.html.j2")
        )
        used = set(re.findall(r"var\(--([a-z-]+)\)", css))
        assert used == set(colours)


def test_contrast_is_what_wcag_says():
    """Black on white is 21:1, and #767676 is the lightest grey that passes on white."""
    assert html_pages.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert 4.5 <= html_pages.contrast("#767676", "#ffffff") < 4.55


def environment_source(name):
    from studio_detector.reporting.page import environment

    return environment._source(name)
