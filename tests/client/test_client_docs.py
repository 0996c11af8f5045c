"""The examples of docs/client.md work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs" / "client.md"
DEFAULT_URL = "http://127.0.0.1:8000"

# The command as it is installed, whether or not it is the one of this checkout.
COMMAND = """#!{python}
from studio_detector.cli.main import main, program
from studio_detector.cli.remote import remote
program.add_command(remote)
main()
"""


def blocks(language):
    """The examples of one language, in order."""
    page = DOCS.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the examples name, in which they run."""
    (tmp_path / "portrait.jpg").write_bytes(b"\xff\xd8\xff uncertain")
    (tmp_path / "damaged.jpg").write_bytes(b"broken")
    (tmp_path / "shoot.zip").write_text("a-studio.jpg b-natural.jpg c-broken.jpg")
    (tmp_path / "shoot").mkdir()
    (tmp_path / "shoot" / "a.jpg").write_bytes(b"\xff\xd8\xff natural")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python(service, folder, capsys):
    """From top to bottom, in one program."""
    program = "\n".join(blocks("python")).replace(DEFAULT_URL, service.url)

    scope = {}
    try:
        exec(compile(program, str(DOCS), "exec"), scope)
    finally:
        for name in ("client", "patient"):
            if name in scope:
                scope[name].close()

    said = capsys.readouterr().out
    assert "uncertain 0.5 False" in said
    assert "3 of 3" in said
    assert "c-broken.jpg corrupt" in said
    assert "corrupt None it is damaged; copy it again" in said
    assert "it is uncertain" in (folder / "why.html").read_text()
    assert (folder / "shadow.png").read_bytes().startswith(b"\x89PNG")
    keys = [seen[2].get("Idempotency-Key") for seen in service.seen if seen[1].endswith("analyse")]
    assert len(keys) == len(set(keys))


def test_shell(service, folder):
    """Command line and curl, one line after the other, each with success."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl in the PATH")
    command = folder / "bin" / "studio-detector"
    command.parent.mkdir()
    command.write_text(COMMAND.format(python=sys.executable))
    command.chmod(0o755)
    # With a broken picture in it, the command would end with 3, and nothing would run after it.
    (folder / "shoot.zip").write_text("a-studio.jpg b-natural.jpg")
    lines = [
        line.removeprefix("$ ").replace(DEFAULT_URL, service.url)
        for block in blocks("console")
        for line in block.splitlines()
        if line.startswith("$ ") and "pip install" not in line
    ]
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    assert "it is uncertain" in (folder / "why.html").read_text()
    assert 2 == len((folder / "verdicts.jsonl").read_text().splitlines())
    assert "done" in done.stdout


def test_javascript(service, folder):
    """The function, as Node.js runs it."""
    if shutil.which("node") is None:
        pytest.skip("there is no node in the PATH")
    function = blocks("javascript")[0].replace(DEFAULT_URL, service.url)
    program = function + (
        "const fs = await import('node:fs');\n"
        "for (const name of ['portrait.jpg', 'damaged.jpg', 'slow.jpg']) {\n"
        "  const picture = new Blob([fs.readFileSync(name)]);\n"
        "  const said = await analyse(picture).catch((error) => ({ label: error.message }));\n"
        "  console.log(JSON.stringify(said.label));\n"
        "}\n"
    )
    (folder / "slow.jpg").write_bytes(b"slow natural")
    (folder / "example.mjs").write_text(program)

    said = subprocess.check_output(["node", "example.mjs"], text=True, timeout=60)

    assert ["uncertain", "corrupt: it is damaged; copy it again", "natural"] == [
        json.loads(line) for line in said.splitlines()
    ]


def test_every_method_of_the_client_is_the_same_in_both_kinds():
    """What is documented for one holds for the other."""
    from inspect import signature

    from studio_detector.client import AsyncClient, Client

    def public(kind):
        return {
            name: list(signature(method).parameters)
            for name, method in vars(kind).items()
            if not name.startswith("_")
        }

    assert public(Client) == public(AsyncClient)
