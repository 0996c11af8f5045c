"""Trials of the wheel go on after one that fails, say what failed, and leave nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from tools.wheel import __main__ as command
from tools.wheel import environment, serving
from tools.wheel.environment import Environment, TrialError

MIB = 1024 * 1024


@pytest.fixture
def tried(monkeypatch, tmp_path):
    """Try extras whose environments hold one file of 3 MiB, by trials of one's own."""

    def install(folder, *_):
        (folder / "environment").mkdir(parents=True)
        (folder / "environment" / "module.py").write_bytes(bytes(3 * MIB))
        return Environment(folder / "environment", folder), 0.5

    def trials(**smokes):
        monkeypatch.setattr(command, "SMOKES", smokes)
        return command.trials(tmp_path, tmp_path / "wheel", tmp_path / "picture", [*smokes], None)

    monkeypatch.setattr(command, "install", install)
    return trials


def test_the_size_is_that_before_the_trial(tried):
    """Which compiles what it imports."""

    def smoke(env, _):
        (env.path / "module.pyc").write_bytes(bytes(5 * MIB))

    table, told = tried(heic=smoke)

    assert "| heic | 3 | 0.5 |" in table
    assert [] == told


@pytest.mark.parametrize(
    "smoke",
    [
        pytest.param(lambda *_: (_ for _ in ()).throw(TrialError("said no")), id="refused"),
        pytest.param(lambda *_: json.loads("said no"), id="no JSON"),
        pytest.param(lambda *_: {}["said no"], id="another form"),
    ],
)
def test_one_that_fails_is_told_and_the_others_go_on(tried, capsys, smoke):
    table, told = tried(heic=smoke, yaml=lambda *_: None)

    assert ["heic"] == [one.partition(":")[0] for one in told]
    assert told[0] in capsys.readouterr().err
    assert "| heic |" not in table
    assert "| yaml |" in table


def test_environments_are_gone_afterwards(tried, tmp_path):
    """A dozen at once would fill a small disk; also of one that fails."""
    seen = []

    def smoke(env, _):
        seen.append(env.path.exists())
        raise TrialError("no")

    tried(heic=smoke, yaml=smoke)

    assert [True, True] == seen
    assert not list(tmp_path.iterdir())


@pytest.fixture
def env(tmp_path):
    """An environment whose only program is Python."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    return Environment(tmp_path, tmp_path)


def test_a_command_that_does_not_end_fails_the_trial(env):
    with pytest.raises(TrialError, match=r"did not end in 0\.2 s"):
        env.run("python", "-c", "import time; time.sleep(60)", timeout_s=0.2)


def test_a_command_that_is_not_there_fails_the_trial(env):
    """As without the entry point of the wheel."""
    with pytest.raises(TrialError, match="could not be started"):
        env.run("studio-detector", "--version")


def test_a_wheel_that_cannot_be_installed_fails_the_trial(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "_UV", tmp_path / "uv")

    with pytest.raises(TrialError, match="could not be started"):
        environment.locked_versions(tmp_path)


def test_a_service_that_does_not_end_is_killed(monkeypatch):
    """Or it would go on after the trials."""
    monkeypatch.setattr(serving, "_STOP_S", 0.2)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", f"{deaf}; time.sleep(60)"], stdout=subprocess.PIPE
    )
    with server:
        server.stdout.readline()
        started_s = time.monotonic()
        assert -signal.SIGKILL == serving._stopped(server)
    assert time.monotonic() - started_s < 30


@pytest.mark.parametrize("other", [["--newest"], ["--extra", "core"]])
def test_how_long_it_takes_is_measured_alone(other, capsys):
    """Rather than half of what was asked for."""
    with pytest.raises(SystemExit):
        command.main(["--first", *other])
    assert "--first takes no other option" in capsys.readouterr().err
