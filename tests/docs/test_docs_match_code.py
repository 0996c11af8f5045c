"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from studio_detector.analysis.registry import BUILT_IN
from studio_detector.cli.exits import STATUSES
from studio_detector.cli.main import program
from studio_detector.config.keys import all_keys
from studio_detector.errors import CODES
from studio_detector.pipeline.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ANALYSES = [name.rpartition(".")[2] for name in BUILT_IN]


def _make_docs():
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(name):
    return (DOCS / name).read_text(encoding="utf-8")


def _commands(command, path=()):
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, (*path, name))


def test_generated_parts_are_as_the_code_would_have_them():
    """Otherwise: make docs. In a process of its own, in which no other test has been."""
    make_docs = [sys.executable, str(ROOT / "tools" / "make_docs.py"), "--check"]

    done = subprocess.run(make_docs, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stdout), done.stderr


def test_a_changed_fact_is_noticed(tmp_path):
    """The check can fail: a page whose part was edited by hand is stale."""
    make_docs = _make_docs()
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- errors:begin -->\nby hand\n<!-- errors:end -->\nz\n", encoding="utf-8")

    text = make_docs.filled(page)

    assert text.startswith("a\n<!-- errors:begin -->\n\n| code |")
    assert text.endswith("\n\n<!-- errors:end -->\nz\n")
    assert "by hand" not in text
    page.write_text(text, encoding="utf-8")
    assert text == make_docs.filled(page)


@pytest.mark.parametrize(
    "text",
    [
        "<!-- errors:begin -->\n",
        "<!-- errors:end -->\n",
        "<!-- errors:begin -->\n<!-- words:end -->\n",
        "<!-- no-such-part:begin -->\n<!-- no-such-part:end -->\n",
    ],
)
def test_markers_that_cannot_work_are_refused(tmp_path, text):
    """Rather than left alone silently."""
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"page\.md"):
        _make_docs().filled(page)


@pytest.mark.parametrize(
    ("path", "command"),
    [pytest.param(*found, id=" ".join(found[0]) or "program") for found in _commands(program)],
)
def test_every_command_and_option_is_in_the_docs(path, command):
    """By the form people type, under the heading of its command."""
    heading = "### " + " ".join(["studio-detector", *path]) + "\n"
    page = _read("command-line.md")

    assert heading in page
    section = page.partition(heading)[2].partition("\n### ")[0]
    options = [
        o
        for p in command.params
        if isinstance(p, click.Option)
        for o in (*p.opts, *p.secondary_opts)
    ]
    assert [] == [option for option in options if option not in section]


@pytest.mark.parametrize("key", all_keys().values(), ids=lambda key: key.name)
def test_every_setting_is_in_the_docs(key):
    """With its variable and its description."""
    page = _read("configuration.md")

    assert f"`{key.name}`" in page
    assert f"`{key.variable}`" in page
    assert key.description.replace("``", "`") in page


@pytest.mark.parametrize("code", CODES)
def test_every_error_code_is_in_the_docs(code):
    """With its meaning."""
    assert f"| `{code}` | {CODES[code].meaning} |" in _read("errors.md")


@pytest.mark.parametrize("status", STATUSES)
def test_every_exit_status_is_in_the_docs(status):
    """With its meaning."""
    assert f"| {status} | {STATUSES[status]} |" in _read("command-line.md")


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_and_measure_is_in_the_docs(name):
    """On the page of the analysis."""
    page = _read(f"analyses/{name}.md")
    spec = _make_docs().built_in().get(name).SPEC

    assert [] == [m.name for m in spec.measures if f"| `{m.name}` |" not in page]


def test_links_between_pages_lead_somewhere():
    """Relative ones; others are not followed."""
    broken = [
        (str(page.relative_to(ROOT)), target)
        for page in _make_docs().pages()
        for target in re.findall(
            r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")
        )
        if not (page.parent / target).exists()
    ]

    assert [] == broken


def test_the_readme_tells_the_figures_that_are_held():
    """Of the default model, with the probe beside them."""
    held = json.loads((DOCS / "figures" / "shipped.json").read_text(encoding="utf-8"))
    model = held["models"][Settings().model]["figures"]
    auc, balanced = (_figure(model, name) for name in ("AUC", "balanced accuracy"))
    probe, probe_balanced = (
        _figure(held["shortcut"], name) for name in ("AUC", "balanced accuracy")
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert (
        f"On {held['judged']['photographs']} photographs of {held['judged']['groups']} " in readme
    )
    assert f"AUC is {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f}, by" in readme
    assert f"balanced accuracy is {100 * balanced['value']:.1f} %" in readme
    assert f"reaches {probe['value']:.3f} and {100 * probe_balanced['value']:.1f} %" in readme


def _figure(figures, name):
    (found,) = [figure for figure in figures if figure["name"] == name]
    return found
