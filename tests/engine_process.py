"""Runs jobs on engines in a process of their own, as users would: python engine_process.py.

Daft can be set on one runner only in the life of a process, and Ray leaves daemons behind a
process that is killed; both are reasons to keep them out of pytest's own. The request comes on
standard input as JSON and the counts go to the file it names. Warnings are errors here too.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

from studio_detector.batch.engines.job import Job
from studio_detector.batch.engines.run import run
from studio_detector.pipeline.settings import Settings

_TIMEOUT_S = 280


def require(*modules):
    """Skip without the extra; fail where services are required."""
    absent = [name for name in modules if find_spec(name) is None]
    if absent and os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{', '.join(absent)} must be installed where services are required")
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed (extra distributed)")


def run_apart(folder, runs, *, start_ray=False):
    """Run jobs one after the other in a child process.

    Args:
        folder: For the answer.
        runs: Dictionaries of ``engine``, ``resume`` and the fields of `Job`.
        start_ray: Start a one-machine Ray cluster in the child first.

    Returns:
        The counts of each run, as dictionaries.
    """
    answer = Path(folder) / "answer.json"
    # Sockets live there, and their names may have 107 bytes.
    ray_folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")
    environment = os.environ | {
        "RAY_TMPDIR": ray_folder,
        # So that no token is written into the home folder.
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }
    request = {"runs": runs, "start_ray": start_ray, "answer": str(answer)}
    try:
        done = subprocess.run(
            [sys.executable, __file__],
            input=json.dumps(request).encode(),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT_S,
            start_new_session=True,
            check=False,
        )
    finally:
        shutil.rmtree(ray_folder, ignore_errors=True)
    assert done.returncode == 0, done.stdout.decode(errors="replace")
    return json.loads(answer.read_bytes())


def main():
    """Answer one request."""
    request = json.load(sys.stdin)
    warnings.simplefilter("error")
    # Ray sets its own deprecated settings when its context is made.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"ray\.data\.context")
    # Daft leaves the output pipe of its workers to the garbage collector.
    warnings.filterwarnings("ignore", category=ResourceWarning, message="unclosed file")
    if request["start_ray"]:
        import ray

        ray.init(
            # Two to score and two to fetch; cores of Ray's are numbers, not processors.
            num_cpus=4,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=100 * 1024 * 1024,
        )
    answers = []
    for asked in request["runs"]:
        engine, resume = asked.pop("engine"), asked.pop("resume", False)
        job = Job(**asked | {"paths": tuple(asked["paths"])}, settings=Settings(), timing=False)
        done = run(engine, job, resume=resume)
        answers.append(
            {
                "written": done.written,
                "found": done.found,
                "unfinished": done.unfinished,
                "outcomes": dict(done.outcomes),
            }
        )
    if request["start_ray"]:
        ray.shutdown()
    Path(request["answer"]).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
