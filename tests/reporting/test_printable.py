"""Text from outside on a terminal and in a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.reporting.printable import defused, printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("portrait.jpg", "portrait.jpg"),
        ("Besuch in Köln 写真 фото.jpg", "Besuch in Köln 写真 фото.jpg"),
        ("a\nb.jpg", r"a\nb.jpg"),
        ("\x1b[31mred.jpg", r"\x1b[31mred.jpg"),
        ("\x9b31m.jpg", r"\x9b31m.jpg"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("caff\udce9.jpg", r"caff\xe9.jpg"),
        ("tab\there", r"tab\there"),
    ],
)
def test_names_are_shown_like_this(name, shown):
    """Ordinary names stay, everything a terminal would obey is escaped."""
    assert shown == printable(name)


@given(st.text(st.characters(), max_size=40))
def test_whatever_is_shown_is_one_line_of_printable_characters(text):
    """Surrogates included, which stand for bytes that are no valid text."""
    shown = printable(text)

    assert shown.isprintable()
    assert len(shown.encode("utf-8")) >= len(text)


@pytest.mark.parametrize("start", list("=+-@\t\r\n"))
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(start):
    """As OWASP advises against CSV injection."""
    assert f"'{start}1+1" == defused(f"{start}1+1")


def test_other_cells_stay_as_they_are():
    """An apostrophe nobody needs would only be in the way."""
    assert "photo=1.jpg" == defused("photo=1.jpg")
    assert "" == defused("")
