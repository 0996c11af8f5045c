"""A wheel that lacks something, or brings what nobody asked for, is noticed when it is built."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import package
import pytest

from tools.wheel.environment import Environment, TrialError, clean_environment
from tools.wheel.smokes import SMOKES

ROOT = Path(__file__).resolve().parents[2]
INFO = "studio_detector-1.0.dist-info"
BESIDE = {f"{INFO}/METADATA", f"{INFO}/licenses/LICENSE", f"{INFO}/licenses/NOTICE"}


def problems(found):
    return package.wheel_problems(found, package.source_files())


def test_what_is_in_src_makes_a_whole_wheel():
    """Models, migrations, templates, the page and the marker of types are all there."""
    assert [] == problems(package.source_files() | BESIDE)


@pytest.mark.parametrize("what", package.NEEDED)
def test_what_people_would_miss_is_missed(what):
    """By its name, beside the names of the files."""
    folder, ending = package.NEEDED[what]
    above = f"{package.PACKAGE}/{folder}"
    gone = {
        name for name in package.source_files() if name.startswith(above) and name.endswith(ending)
    }
    told = problems((package.source_files() - gone) | BESIDE)

    assert gone
    assert {f"missing in the wheel: {name}" for name in gone} <= set(told)
    assert any(one.startswith(f"the wheel has no {what} (") for one in told)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("tests/test_x.py", "beside the package: tests/test_x.py"),
        ("studio_detector/test_x.py", "not in src: studio_detector/test_x.py"),
    ],
)
def test_what_does_not_belong_there_is_told(more, told):
    (found,) = problems(package.source_files() | BESIDE | {more})

    assert told in found


def test_the_licence_is_in_it():
    assert ["the wheel has no LICENSE"] == problems(
        package.source_files() | BESIDE - {f"{INFO}/licenses/LICENSE"}
    )


def test_every_extra_is_tried():
    """And the core."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert {None, *project["optional-dependencies"]} == set(SMOKES)


def test_every_extra_is_explained():
    """With what it is for and how large it is."""
    page = (ROOT / "docs" / "extras.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    explained = set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE))

    assert set(project["optional-dependencies"]) | {"core"} == explained


def test_a_trial_sees_nothing_of_the_repository(monkeypatch):
    """Or what the wheel lacks would be found there."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("STUDIO_DETECTOR_MODEL", "rules")
    monkeypatch.setenv("VIRTUAL_ENV", "elsewhere")

    assert not {"PYTHONPATH", "STUDIO_DETECTOR_MODEL", "VIRTUAL_ENV"} & clean_environment().keys()


@pytest.fixture
def env(tmp_path):
    """An environment whose only program fails, or says a word."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "program"
    program.write_text('#!/bin/sh\necho "said $1"\nexit "$1"\n', encoding="utf-8")
    program.chmod(0o755)
    return Environment(tmp_path, tmp_path)


def test_a_command_that_fails_fails_the_trial(env):
    """With its words and what it said; another status may be what is wanted."""
    with pytest.raises(TrialError, match=r"program 3 ended with 3:\nsaid 3"):
        env.run("program", "3")
    assert "said 3\n" == env.run("program", "3", status=3)
    with pytest.raises(TrialError):
        env.run("program", "0", status=2)


def test_the_size_counts_a_linked_file_once(env, tmp_path):
    (tmp_path / "large").write_bytes(bytes(1024 * 1024))
    (tmp_path / "same").hardlink_to(tmp_path / "large")

    assert 1 == round(env.size_mib)
