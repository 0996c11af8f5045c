"""Text from outside on a terminal and in a spreadsheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import studio_detector
from studio_detector.reporting.printable import defused, printable
from studio_detector.reporting.tables import csv_cell


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


@pytest.mark.parametrize("start", list("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
@pytest.mark.parametrize("before", ["", " ", "\u3000", "\ufeff", "\u200b \xa0", "\x00"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(before, start):
    """As OWASP advises against CSV injection, and where spaces are skipped before it."""
    if before and start in "\t\r\n":
        return
    assert f"'{before}{start}1+1" == defused(f"{before}{start}1+1")


@pytest.mark.parametrize("text", ["photo=1.jpg", "", " a", "a\t=b", "'=1", "\u3042"])
def test_other_cells_stay_as_they_are(text):
    """An apostrophe nobody needs would only be in the way."""
    assert text == defused(text)


@pytest.mark.parametrize(
    ("cell", "written"),
    [(-2.5, "-2.5"), (-3, "-3"), ("-3", "'-3"), (True, "true"), (None, ""), (0.0, "0.0")],
)
def test_a_negative_number_is_no_formula(cell, written):
    """Only text is defused."""
    assert written == csv_cell(cell)


def test_whatever_writes_csv_writes_its_cells_by_the_one_function():
    """A new table cannot forget it."""
    source = Path(studio_detector.__file__).parent
    writers = {
        str(path.relative_to(source)): path.read_text(encoding="utf-8")
        for path in source.rglob("*.py")
        if re.search(r"csv\.(Dict)?[wW]riter", path.read_text(encoding="utf-8"))
    }
    assert {
        "batch/writers/csv.py",
        "cli/remote_records.py",
        "cli/sinks.py",
        "service/api/export.py",
    } == set(writers)
    assert [] == [name for name, text in writers.items() if "csv_cell(" not in text]
