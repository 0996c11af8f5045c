"""Whoever has the sdist can run its tests."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import package

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_what_tests_read_and_import_is_in_the_sdist():
    """Folders and files at the root, by the names that tests call them."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    named = {
        name
        for text in texts
        for name in re.findall(r'\bROOT / "([\w.-]+)', text)
        if (ROOT / name).exists()
    }
    imported = set(PROJECT["tool"]["pytest"]["ini_options"]["pythonpath"]) - {"."}

    assert {"deploy", "docs", "uv.lock"} <= named
    packed = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert named | imported <= {name.lstrip("/") for name in packed}


def test_what_git_does_not_know_does_not_belong_there():
    """Such as secrets beside the compose file, which the build does not know to leave out."""
    known = {"src/a.py", "README.md", ".ci/run"}
    found = {"src/a.py", "README.md", "PKG-INFO", "deploy/compose/secrets/password"}

    assert ["in the sdist, and not known to git: deploy/compose/secrets/password"] == (
        package.sdist_problems(found, known)
    )
    assert [] == package.sdist_problems(found, None)


def test_a_folder_without_git_is_asked_for_nothing(monkeypatch, tmp_path):
    """As an unpacked archive of the sources is."""
    monkeypatch.setattr(package, "ROOT", tmp_path)

    assert package.known_files() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert package.known_files() is None
