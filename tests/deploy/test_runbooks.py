"""Every alert has a page, and every page names commands, settings and queries that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from promql_names import kebab, known, problems, rules
from studio_detector.cli.main import program
from studio_detector.config.keys import all_keys
from studio_detector.errors import CODES
from studio_detector.service.metrics.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "runbooks"
INDEX = FOLDER / "README.md"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path != INDEX)
ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
SECTIONS = ["What it means", "What people notice", "Look", "Do", "Escalate, silence"]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)

#: Words in the type of code that are neither settings, codes, metrics nor commands of ours.
PLAIN = {
    *("namespace", "page", "ticket", "priority=high", "wait", "DELETE", "compare", "rotate"),
    *("queued", "maintenance", "error", "job.dead", "uncertain", "credentials_file", "waiting:"),
    *("nothing is swept:", "maxmemory-policy allkeys-lru", "broker_url", "studio.example"),
    *("colour_temperature", "background", "frequency", "texture", "LABELS", "Retry-After"),
}


def read(page):
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def blocks(text, kind):
    """What stands in fences of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(text):
    """Commands of ours, in blocks and in running text, as words."""
    lines = [
        line.removeprefix("$ ").partition("  #")[0]
        for block in blocks(text, "console")
        for line in block.splitlines()
        if line.startswith("$ studio-detector")
    ]
    lines += [code for code in inline(text) if code.startswith("studio-detector")]
    return [shlex.split(line) for line in lines]


def inline(text):
    """What stands in the type of code in running text."""
    without = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", without)


def wrong(words):
    """What the program would not understand of a command; None if it would."""
    command, at = program, 1
    while isinstance(command, click.Group) and at < len(words) and not words[at].startswith("-"):
        inner = command.commands.get(words[at])
        if inner is None:
            return f"{' '.join(words)}: there is no {words[at]}"
        command, at = inner, at + 1
    taken = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    unknown = [word for word in words[at:] if word.startswith("-") and word not in taken]
    return f"{' '.join(words)}: there is no {unknown}" if unknown else None


def test_every_alert_has_a_page_and_every_page_an_alert():
    assert sorted(map(kebab, ALERTS)) == [page.stem for page in PAGES]


def test_the_index_lists_every_page_with_severity_and_summary():
    listed = re.findall(
        r"^\| \[(\w+)\]\(([\w-]+)\.md\) \| ([a-z, ]+) \| (.+) \|$", read(INDEX), re.MULTILINE
    )

    assert set(ALERTS) == {name for name, *_ in listed}
    for name, stem, severities, summary in listed:
        of_name = [rule for rule in rules() if rule.get("alert") == name]
        assert kebab(name) == stem
        assert ", ".join(rule["labels"]["severity"] for rule in of_name) == severities
        assert of_name[0]["annotations"]["summary"] == summary


@every_page
def test_a_page_has_its_sections_in_order(page):
    text = read(page)

    assert [kebab(name) for name in re.findall(r"^# (\w+)$", text, re.MULTILINE)] == [page.stem]
    assert SECTIONS == re.findall(r"^## (.+)$", text, re.MULTILINE)


@every_page
def test_a_page_says_at_once_how_urgent_it_is(page):
    severities = [
        rule["labels"]["severity"] for rule in rules() if kebab(rule.get("alert", "")) == page.stem
    ]
    first = read(page).splitlines()[2].lower()

    assert first.startswith(severities[0])
    assert all(severity in first for severity in severities)


@every_page
def test_a_page_has_queries_with_names_that_there_are(page):
    queries = [
        line
        for block in blocks(read(page), "promql")
        for line in block.splitlines()
        if line.strip()
    ]

    assert queries
    assert [] == [problem for query in queries for problem in problems(query)]


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_commands_on_a_page_are_understood(page):
    assert [] == [said for words in commands(read(page)) if (said := wrong(words))]


@pytest.mark.parametrize(
    "line",
    ["studio-detector job list", "studio-detector jobs list --dead", "studio-detector doctors"],
)
def test_a_command_that_there_is_not_is_found(line):
    """The check can fail."""
    assert wrong(line.split())


@every_page
def test_settings_codes_and_metrics_on_a_page_exist(page):
    """Whatever stands in the type of code is something of the program, or a word of the list."""
    keys = all_keys()
    settings = set(keys) | {name.rpartition(".")[2] for name in keys}
    values = {word for one in known().values() for some in one.values.values() for word in some}
    options = {option for one in _every(program) for o in one.params for option in o.opts}
    unknown = [
        code
        for code in inline(read(page))
        if code not in settings | values | options | set(CODES) | set(CATALOGUE) | PLAIN
        and not code.startswith(("studio-detector", "/", "deploy/", "studio-", "limit"))
        and not (ROOT / code).is_file()
    ]

    assert [] == unknown


def _every(command):
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from _every(inner)


@every_page
def test_files_of_the_repository_that_a_page_names_are_there(page):
    named = [code for code in inline(read(page)) if code.startswith("deploy/")]

    assert [] == [name for name in named if not (ROOT / name).is_file()]
