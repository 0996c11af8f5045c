"""The examples of docs/service/api.md work."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest

from api_service import API, picture
from studio_detector.service.api.server import serve as run_server

PAGE = Path(__file__).resolve().parents[3] / "docs" / "service" / "api.md"
DEFAULT_URL = "http://127.0.0.1:8000"


def blocks(language):
    """The examples of one language, in order."""
    page = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def commands():
    """Every command, in order."""
    return [line[2:] for block in blocks("console") for line in block.splitlines()]


@pytest.fixture
def example(serve, tmp_path, monkeypatch):
    """A service at an address, and what the examples name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.png", picture("good 7"))
    pictures = {
        f"https://example.com/{name}.jpg": picture(f"good {name}")
        for name in ("portrait", "a", "b")
    }
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "portrait.jpg").write_bytes(picture("good 1"))
    (folder / "shoot.zip").write_bytes(packed.getvalue())
    monkeypatch.chdir(folder)
    with serve(pictures=pictures) as service:
        found = []
        ready = threading.Event()

        def on_ready(address):
            found.append(address)
            ready.set()

        thread = threading.Thread(
            target=run_server, args=(service.parts, "127.0.0.1", 0, on_ready), daemon=True
        )
        thread.start()
        assert ready.wait(30)
        try:
            yield service, found[0]
        finally:
            service.parts.draining.set()
            thread.join(30)


@pytest.fixture
def names(example):
    """What the examples leave to the reader, as variables."""
    service, _ = example
    # Of the picture in the folder, which an example sends again.
    result = service.done("good 1")
    dead = service.post("corrupt 1").json()["id"]
    service.get(f"/jobs/{dead}", params={"wait": 30})
    batch = service.http.post(
        f"{API}/batches", json={"image_urls": ["https://example.com/a.jpg"]}
    ).json()["id"]
    return {
        # It is erased on the way, with what came of it.
        "JOB": service.done("good 8")["job_id"],
        "DEAD_JOB": dead,
        "BATCH": batch,
        "RESULT": result["id"],
        "HASH": result["image_hash"],
    }


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_command_is_answered(example, names):
    """With something that is no problem."""
    _, address = example
    assert len(commands()) > 20
    for command in commands():
        line = command.replace(DEFAULT_URL, address).replace("curl ", "curl --fail-with-body ", 1)

        done = subprocess.run(
            ["bash", "-c", line],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **names},
            timeout=60,
        )

        assert 0 == done.returncode, (command, done.stdout, done.stderr)
    assert b"<!doctype html>" in Path("report.html").read_bytes()
    assert Path("backdrop.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path("rows.jsonl").read_text().splitlines()[0])["position"] == 0
    assert Path("rows.csv").read_text().startswith("position,name")
    assert b"PAR1" == Path("rows.parquet").read_bytes()[:4]


def test_python(example, capsys):
    """Without any package."""
    _, address = example
    (program,) = blocks("python")

    exec(compile(program.replace(DEFAULT_URL, address), str(PAGE), "exec"), {})

    assert "studio 0.9 True" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_javascript(example):
    """In Node; the events are for browsers."""
    _, address = example
    head = 'const photo = new Blob([require("fs").readFileSync("portrait.jpg")]);\n'
    program = f"(async () => {{\n{head}{blocks('javascript')[0]}}})();"

    done = subprocess.run(
        ["node", "-e", program.replace(DEFAULT_URL, address)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "studio 0.9\n" == done.stdout, done.stderr


def test_the_example_of_a_problem_is_one(example):
    """Word by word."""
    service, _ = example

    answer = service.post(path="/analyse?priority=urgent")

    assert json.loads(blocks("json")[0]) == answer.json()
