"""What others rely on changes only when somebody means it to."""

from __future__ import annotations

import json
from dataclasses import dataclass

import click
import pytest

from tools.surface import command_line, documents, lock
from tools.surface.__main__ import main
from tools.surface.python_api import PUBLIC, lines_of


def test_the_surface_is_what_was_agreed():
    """Otherwise: write it into CHANGELOG.md, then `make api-lock`."""
    agreed = lock.from_text(lock.PATH.read_text(encoding="utf-8"))

    told = lock.differences(agreed, lock.surface())

    assert [] == told, "\n".join([*told, "if that is meant: CHANGELOG.md, then make api-lock"])


def test_the_file_can_be_read_again():
    """Nothing is lost between what there is and what is written."""
    found = lock.surface()

    assert found == lock.from_text(lock.as_text(found))
    assert lock.PATH.read_text(encoding="utf-8") == lock.as_text(found)
    assert all(found.values())


def test_every_public_name_is_in_it():
    names = lock.surface()["Python"]

    assert "studio_detector.Detector.analyse" in names
    assert "studio_detector.client.Client.analyse" in names
    assert "studio_detector.imaging.IsolatedLoader.load" in names
    assert all(any(name.startswith(f"{module}.") for name in names) for module in PUBLIC)
    assert not any(part.startswith("_") for name in names for part in name.split(".")[:-1])


@dataclass(frozen=True)
class Thing:
    """Something public."""

    count: int = 1

    @property
    def word(self) -> str:
        """A word."""
        return ""

    def doubled(self, by: float = 2.0, *, is_exact: bool = True) -> list[int]:
        """Twice."""
        return [int(by), is_exact]

    def _hidden(self):
        pass


CLOCK, LIMITS = object(), Thing()


def test_a_class_is_told_with_its_members():
    told = dict(lines_of("Thing", Thing))

    assert "(count: int = 1) -> None" == told["Thing"]
    assert ": str" == told["Thing.word"]
    assert "(self, by: float = 2.0, *, is_exact: bool = True) -> list[int]" == told["Thing.doubled"]
    assert "Thing._hidden" not in told


def test_a_default_that_differs_from_run_to_run_is_left_out():
    """Such as an object that tells its address."""

    def function(clock=CLOCK, limits=LIMITS):
        return clock, limits

    assert "(clock=..., limits=...)" == dict(lines_of("function", function))["function"]


def test_what_a_command_demands_is_told(monkeypatch):
    """An option that is asked for from now on, or a word that is taken no more, breaks callers."""
    shell = click.Argument(["shell"], type=click.Choice(["bash", "zsh"]))
    output = click.Option(["--output", "-o"], metavar="FILE", required=True)
    form = click.Option(["--form"], type=click.Choice(["csv", "json"]), multiple=True)
    found = click.Command("write", params=[shell, output, form])
    monkeypatch.setattr(command_line, "program", found)

    assert {
        "studio-detector": "SHELL: bash|zsh",
        "studio-detector --output": "FILE, required",
        "studio-detector -o": "FILE, required",
        "studio-detector --form": "csv|json, repeated",
    } == dict(command_line.command_lines())


def test_what_a_body_consists_of_is_told(monkeypatch, tmp_path):
    """A schema by its name, a form by its fields."""
    text, number = {"type": "string"}, {"type": "number"}
    form = {"type": "object", "properties": {"b": text, "a": number}, "required": ["b"]}
    contents = {
        "application/json": {"schema": {"$ref": "#/components/schemas/Wish"}},
        "image/*": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {"schema": form},
    }
    operation = {"requestBody": {"content": contents}, "responses": {"204": {}}}
    schemas = {"Wish": {"properties": {"count": number}, "required": ["count"]}}
    document = {"paths": {"/a": {"post": operation}}, "components": {"schemas": schemas}}
    monkeypatch.setattr(documents, "OPENAPI", tmp_path / "openapi.json")
    documents.OPENAPI.write_text(json.dumps(document), encoding="utf-8")

    told = dict(documents.http_lines())

    body = "application/json Wish image/* multipart/form-data [a?: number, b: string]"
    assert f"( body {body}) -> 204" == told["POST /a"]
    assert "number" == told["Wish.count"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": "(x)"}, {}, "gone from P: a"),
        ({}, {"a": "(x)"}, "new in P: a  (x)"),
        ({"a": "(x)"}, {"a": "(x, y)"}, "changed in P: a\n  was  (x)\n  is   (x, y)"),
    ],
)
def test_every_kind_of_change_is_told(before, after, told):
    assert [told] == lock.differences({"P": before}, {"P": after})
    assert [] == lock.differences({"P": before}, {"P": before})


def test_a_section_that_is_gone_is_told():
    assert ["gone from P: a"] == lock.differences({"P": {"a": ""}}, {})


def test_the_lock_is_compared_and_then_written(tmp_path, monkeypatch, capsys):
    """In this order, so that what is accepted was seen."""
    path = tmp_path / "surface.txt"
    path.write_text("[settings]\nno_such_setting  text\n", encoding="utf-8")
    monkeypatch.setattr("tools.surface.__main__.PATH", path)

    assert 1 == main(["--check"])
    assert "gone from settings: no_such_setting" in capsys.readouterr().out
    assert 0 == main([])
    assert 0 == main(["--check"])
    assert "nothing differs" in capsys.readouterr().out
