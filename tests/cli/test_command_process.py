"""The command as a process: streams, signals, imports, and a real detector."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_SOME_FAILED

COMMAND = [sys.executable, "-m", "studio_detector"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("STUDIO_DETECTOR_") and name not in {"NO_COLOR", "FORCE_COLOR"}
} | {"STUDIO_DETECTOR_MODEL": "rules", "TERM": "xterm-256color", "COLUMNS": "100"}


def _run(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *arguments],
        env=ENVIRONMENT | options.pop("env", {}),
        capture_output=options.pop("capture_output", True),
        check=False,
        timeout=120,
        **options,
    )


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A small photo: a bright disc before a gradient."""
    rows, columns = np.mgrid[0:96, 0:128]
    grey = 90 + rows * 0.8
    grey[np.hypot(rows - 48, columns - 64) < 24] = 230
    path = tmp_path_factory.mktemp("photos") / "disc.png"
    Image.fromarray(np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)).save(path)
    return str(path)


def test_a_real_photo_gets_one_line_and_a_report(picture):
    """The whole way, through the real detector."""
    result = _run(picture)

    (line,) = map(json.loads, result.stdout.splitlines())
    assert EXIT_OK == result.returncode
    assert picture == line["path"]
    assert 0 <= line["confidence"] <= 1
    assert b"P(studio)" in result.stderr
    assert b"\x1b[" not in result.stderr


def test_equal_bytes_give_equal_lines_however_they_come(picture):
    """From a file, from standard input, through an isolated decoder; the name apart."""
    by_path = _run("-q", "--no-timing", "--verbose", picture)
    by_stdin = _run("-q", "--no-timing", "--verbose", "-", input=Path(picture).read_bytes())

    assert by_path.stdout
    expected = by_path.stdout.replace(json.dumps(picture).encode(), b'"-"', 1)
    assert expected == by_stdin.stdout
    isolated = _run("-q", "--no-timing", "--verbose", "--isolate", picture)
    assert by_path.stdout == isolated.stdout


def test_failures_decide_the_status_of_the_process(picture, tmp_path):
    """Statuses 3 and 4, without a traceback."""
    rubbish = tmp_path / "rubbish.jpg"
    rubbish.write_bytes(b"no picture")

    some, none = _run(picture, rubbish), _run(rubbish, tmp_path / "nowhere.jpg")

    assert EXIT_SOME_FAILED == some.returncode
    assert EXIT_ALL_FAILED == none.returncode
    assert b"Traceback" not in some.stderr + none.stderr
    assert ["unsupported_format", "not_found"] == [
        json.loads(line)["error"]["code"] for line in none.stdout.splitlines()
    ]


def test_a_reader_that_goes_away_ends_the_run_quietly(picture):
    """As with any filter before head."""
    process = subprocess.Popen(
        [*COMMAND, *[picture] * 4], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()

    assert 141 == process.wait(60)
    assert b"Traceback" not in stderr
    assert b"Exception ignored" not in stderr
    assert b"error" not in stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_said_in_one_line(picture):
    """Status 74."""
    with Path("/dev/full").open("wb") as full:
        result = _run("-q", picture, capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert 74 == result.returncode
    assert 1 == len(result.stderr.splitlines())
    assert b"No space left on device" in result.stderr


def test_closed_streams_are_no_reason_to_crash(picture):
    """Standard output closed is said; standard error closed hinders nothing."""
    shell = ["/bin/sh", "-c"]
    command = f"'{sys.executable}' -m studio_detector '{picture}'"

    no_output = subprocess.run(
        [*shell, f"{command} >&-"], env=ENVIRONMENT, capture_output=True, check=False
    )
    no_errors = subprocess.run(
        [*shell, f"{command} 2>&-"], env=ENVIRONMENT, capture_output=True, check=False
    )

    assert 74 == no_output.returncode
    assert b"standard output cannot be written: it is closed" in no_output.stderr
    assert b"Traceback" not in no_output.stderr
    assert EXIT_OK == no_errors.returncode
    assert 1 == len(no_errors.stdout.splitlines())


def test_an_interrupt_ends_the_run_with_130(picture):
    """While it waits for standard input; what was done before is out already."""
    process = subprocess.Popen(
        [*COMMAND, picture, "-"],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    first = process.stdout.readline()
    # The report follows the line; by then the process waits for its input, or soon will.
    assert any(b"time" in line for line in process.stderr)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.stdin.close()
    rest, stderr = process.stdout.read(), process.stderr.read()
    process.stdout.close()
    process.stderr.close()

    assert 130 == process.wait(60)
    assert picture == json.loads(first)["path"]
    assert b"" == rest
    assert b"interrupted" in stderr
    assert b"Traceback" not in stderr


def _on_a_terminal(*arguments, env=None):
    """Run with standard output and standard error on a terminal; returns what it showed."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], env=ENVIRONMENT | (env or {}), stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # the terminal is gone
                break
            if not piece:
                break
            shown += piece
    os.close(leader)
    assert EXIT_OK == process.returncode
    return shown.decode()


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_told_otherwise(picture, env, coloured):
    """In the report and in tables; the line of JSON stays plain."""
    shown = _on_a_terminal(picture, env=env)
    table = _on_a_terminal("config", "show", "--origin", env=env)

    (line,) = (line for line in shown.splitlines() if line.startswith("{"))
    assert json.loads(line)
    assert coloured == ("\x1b[1;3" in shown)
    assert "working_size_px" in table
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", table)


def test_brackets_in_names_are_no_markup_on_a_terminal(picture, tmp_path):
    """rich would take [red] for a colour."""
    link = tmp_path / "[red]a[bold].png"
    link.symlink_to(picture)

    assert "[red]a[bold].png" in _on_a_terminal("--format", "table", str(link)).replace("\r\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["analyse", "--help"], ["config", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    """So that it comes at once."""
    program = (
        "import json, sys\n"
        "from studio_detector.cli.main import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, check=True
    )

    modules = set(json.loads(result.stderr))
    assert not {"numpy", "cv2", "PIL", "pydantic", "rich", "yaml", "importlib.metadata"} & modules


def test_a_plain_run_imports_neither_pydantic_nor_rich(picture):
    """Nothing overrides a setting and there is no terminal."""
    program = (
        "import json, sys\n"
        "from studio_detector.cli.main import main\n"
        "try:\n"
        f"    main([{picture!r}, '-q'])\n"
        "except SystemExit:\n"
        "    pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    plain = {k: v for k, v in ENVIRONMENT.items() if not k.startswith("STUDIO_DETECTOR_")}
    result = subprocess.run(
        [sys.executable, "-c", program], env=plain, capture_output=True, check=True
    )

    modules = set(json.loads(result.stderr.splitlines()[-1]))
    assert "cv2" in modules
    assert not {"pydantic", "rich", "yaml", "pandas", "scipy"} & modules


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes only there")
def test_names_of_any_bytes_come_back_exactly(picture, tmp_path):
    """From the real file system, found in a folder; also in an ASCII locale."""
    names = [
        b"caff\xe9.png",
        b"new\nline.png",
        b"-dash.png",
        "rtl\u202egnp.png".encode(),
        b"\x1b[2J.png",
    ]
    data = Path(picture).read_bytes()
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(data)

    for env in ({}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}):
        result = _run(str(tmp_path), "-v", env=env)

        found = {Path(json.loads(line)["path"]).name for line in result.stdout.splitlines()}
        assert EXIT_OK == result.returncode
        assert set(names) == {name.encode("utf-8", "surrogateescape") for name in found}
        assert all(line.isprintable() for line in result.stderr.decode().splitlines())
