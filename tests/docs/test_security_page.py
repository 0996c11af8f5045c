"""Every row of the threat tables names a defence that is there and tests that are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from studio_detector.imaging.system_calls import rules as calls_allowed

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "studio_detector"
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
HEADER = "| threat | defence | where | test |"
CODE = re.compile(r"`([^`]+)`")


def rows(page):
    """The rows of every threat table: threat, defence, where, test."""
    is_inside = False
    for line in page.splitlines():
        if line == HEADER:
            is_inside = True
        elif not line.startswith("|"):
            is_inside = False
        elif is_inside and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("| ").split(" | ")]


@cache
def named_in(path):
    """Tests of a file, with and without the class they are in, and classes of tests."""
    found = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            inner = {function.name for function in node.body if _is_test(function)}
            found |= inner | {f"{node.name}::{name}" for name in inner}
            found |= {node.name} if inner else set()
        elif _is_test(node):
            found.add(node.name)
    return found


def _is_test(node):
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def problems(row):
    """What is wrong with a row."""
    if len(row) != 4 or not all(row):
        return [f"it has not four cells: {row}"]
    _, _, where, test = row
    modules, names = CODE.findall(where), CODE.findall(test)
    found = [] if modules and names else ["it names no module or no test"]
    found += [
        f"there is no {module}"
        for module in modules
        if not any((folder / module).exists() for folder in (PACKAGE, ROOT))
    ]
    path = ""
    for name in names:
        file, _, function = name.partition("::")
        path = file or path
        if not (path.startswith("tests/") and (ROOT / path).is_file()):
            found.append(f"there is no file {path!r}")
        elif function and function not in named_in(path):
            found.append(f"{path} has no {function}")
    return found


ROWS = list(rows(PAGE))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_what_a_row_names_is_there(row):
    """Modules by their path in the package; tests by file and name."""
    assert [] == problems(row)


def test_no_threat_stands_there_twice():
    threats = [row[0] for row in ROWS]
    assert len(threats) > 30
    assert sorted(set(threats)) == sorted(threats)


@pytest.mark.parametrize(
    "line",
    [
        "| a threat | a defence | `errors.py` |",
        "| a threat | a defence | by luck | `tests/test_errors.py` |",
        "| a threat | a defence | `errors.py` | somebody looked |",
        "| a threat | a defence | `mistakes.py` | `tests/test_errors.py` |",
        "| a threat | a defence | `errors.py` | `tests/test_mistakes.py::test_a` |",
        "| a threat | a defence | `errors.py` | `tests/test_errors.py::test_that_is_not_there` |",
        "| a threat | a defence | `errors.py` | `tests/conftest.py`, `::interruptible` |",
    ],
)
def test_a_row_that_names_nothing_is_noticed(line):
    """The check can fail."""
    (row,) = rows(f"{HEADER}\n|---|---|---|---|\n{line}\n")
    assert problems(row)


def test_the_pages_count_the_system_calls_that_are_left():
    """As many as the table has for each architecture."""
    here, arm = (len({rule.number for rule in calls_allowed(column, 1)}) for column in (0, 1))
    decision = (ROOT / "docs" / "decisions" / "0011-sandbox.md").read_text(encoding="utf-8")
    sandbox = (ROOT / "docs" / "service" / "sandbox.md").read_text(encoding="utf-8")

    assert f"behind the {here} calls that are left" in PAGE
    assert f"{here} calls on x86_64" in sandbox
    assert f"{here} calls on x86_64 and {arm} on aarch64" in decision
