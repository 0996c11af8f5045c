"""Starting the service and its workers: what is refused, and one run from end to end."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from kept_pictures import file
from studio_detector.errors import EXIT_OK, EXIT_USAGE

COMMAND = [sys.executable, "-m", "studio_detector"]
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("STUDIO_DETECTOR_")
} | {"STUDIO_DETECTOR_MODEL": "rules"}
_START_S = 120


class TestExtra:
    @pytest.mark.parametrize("package", ["fastapi", "sqlalchemy", "dramatiq", "uvicorn", "httpx2"])
    @pytest.mark.parametrize(
        "words",
        [
            ["serve"],
            ["worker", "--broker-url", "redis://127.0.0.1:1", "--database-url", "sqlite:///x"],
            ["jobs", "list"],
            ["jobs", "retry", "--all-dead"],
            ["jobs", "purge", "--state", "dead"],
            ["erase", "list"],
            ["rescore"],
            ["variants", "list"],
            ["variants", "compare", "a", "b"],
        ],
        ids=lambda words: " ".join(words[:2]),
    )
    def test_what_is_missing_is_told_with_the_way_to_install_it(
        self, run, tmp_path, monkeypatch, package, words
    ):
        """Before anything else; nothing is made."""
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name, *more: None if name == package else find(name, *more),
        )

        result = run(*words, "--data-dir", tmp_path / "data")

        assert EXIT_USAGE == result.exit_code
        assert f"needs the package '{package}', which is not installed" in result.stderr
        assert "pip install 'studio-detector[service]'" in result.stderr
        assert not (tmp_path / "data").exists()


class TestWorker:
    @pytest.mark.parametrize("queues", ["nonsense", "high,nonsense", "", ","])
    def test_a_queue_that_is_none_is_a_mistake_in_the_command(self, run, queues):
        """The queues there are are named."""
        result = run("worker", "--queues", queues)

        assert EXIT_USAGE == result.exit_code
        assert "name some of high, standard, detail, webhook, maintenance" in result.stderr

    def test_without_a_broker_there_is_nothing_to_work_for(self, run, tmp_path):
        """It is told before anything is opened or made."""
        result = run("worker", "--data-dir", tmp_path / "data")

        assert EXIT_USAGE == result.exit_code
        assert "a worker needs --broker-url" in result.stderr
        assert not (tmp_path / "data").exists()

    def test_a_broker_without_a_database_is_a_wrong_setting(self, run, tmp_path):
        """Nobody else would see the jobs."""
        result = run(
            "worker", "--broker-url", "redis://127.0.0.1:1", "--data-dir", tmp_path / "data"
        )

        assert EXIT_USAGE == result.exit_code
        assert "there is no database_url" in result.stderr


class TestServe:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["--port", "70000"], "service.port"),
            (["--port", "http"], "--port"),
            (["--workers", "-1"], "service.workers"),
            (["--broker-url", "redis://127.0.0.1:1"], "there is no database_url"),
            (["--cache-url", "smoke://signals"], "cache_url begins with 'smoke'"),
            (["--database-url", "smoke://signals"], "database_url"),
            (["--variants", "nowhere.toml"], "nowhere.toml"),
        ],
        ids=lambda value: value[0] if isinstance(value, list) else "",
    )
    def test_what_does_not_fit_is_told_at_the_start(self, run, tmp_path, words, told):
        """As a wrong setting, in a line."""
        result = run("serve", *words, "--data-dir", tmp_path / "data")

        assert EXIT_USAGE == result.exit_code
        assert told in result.stderr
        assert "Traceback" not in result.stderr

    def test_a_folder_that_cannot_be_made_is_told(self, run, tmp_path):
        """With its name."""
        (tmp_path / "file").write_text("in the way")

        result = run("serve", "--data-dir", tmp_path / "file")

        assert EXIT_USAGE == result.exit_code
        assert f"data_dir '{tmp_path / 'file'}' cannot be made" in result.stderr


@pytest.fixture
def serve(tmp_path):
    """Start the service as a process; gives it with its address."""
    processes = []

    def serve(*words):
        process = subprocess.Popen(
            [*COMMAND, "serve", "--data-dir", str(tmp_path / "data"), "--workers", "1", *words],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"serves at (http://\S+)", line):
                return process, found[1]
        pytest.fail(f"the service did not start: {said}")

    yield serve
    for process in processes:
        process.kill()
        process.communicate()


def _remote(*words):
    return subprocess.run(
        [*COMMAND, *words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.slow
class TestTheWholeWay:
    def test_a_picture_is_sent_judged_and_listed(self, serve, tmp_path):
        """Until SIGTERM, upon which the service ends well."""
        photo = tmp_path / "a.png"
        photo.write_bytes(file(1))
        process, address = serve("--port", "0")

        sent = _remote("remote", "analyse", "--url", address, str(photo))

        assert EXIT_OK == sent.returncode, sent.stderr
        (line,) = map(json.loads, sent.stdout.splitlines())
        assert (str(photo), "analysed") == (line["path"], line["answer"])
        assert line["is_studio"] == (line["confidence"] > 0.5)
        listed = _remote("jobs", "list", "--data-dir", str(tmp_path / "data"), "--format", "jsonl")
        (job,) = map(json.loads, listed.stdout.splitlines())
        assert ("done", line["job_id"]) == (job["state"], job["id"])

        second = _remote("serve", "--data-dir", str(tmp_path / "data"), "--port", "0")
        assert EXIT_USAGE == second.returncode
        assert "another service uses the folder" in second.stderr

        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=_START_S)
        assert EXIT_OK == process.returncode, err
        assert "" == out
        assert "Traceback" not in err
        assert [] == [*(tmp_path / "data" / "scratch").iterdir()]
