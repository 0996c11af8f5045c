"""The image: what its recipe promises, and what gets near it."""

from __future__ import annotations

import re

import deploy_files
from studio_detector.service.settings import ServiceSettings
from tools.image_steps.recipe import read_recipe

STAGES = read_recipe(deploy_files.DOCKERFILE)
IMAGE = STAGES[-1]


def environment():
    from tools.image_steps.recipe import assignments

    found = {}
    for step in IMAGE.steps:
        if step.instruction == "ENV":
            found |= assignments(step.value, {"PATH": "/bin"})
    return found


def test_what_builds_is_not_what_runs():
    """The second stage takes the packages of the first, and neither its tools nor the source."""
    assert 2 == len(STAGES)
    assert STAGES[0].base == STAGES[1].base
    copied = [step.value for step in IMAGE.steps if step.instruction == "COPY"]
    assert ["--from=build /opt/studio-detector /opt/studio-detector"] == copied


def test_it_runs_as_a_number_that_is_not_root():
    (user,) = [step.value for step in IMAGE.steps if step.instruction == "USER"]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    last_run = max(step.line for step in IMAGE.steps if step.instruction == "RUN")
    assert last_run < next(s.line for s in IMAGE.steps if s.instruction == "USER")


def test_the_user_is_the_one_that_kubernetes_runs_it_as():
    (user,) = [step.value for step in IMAGE.steps if step.instruction == "USER"]
    pod = (deploy_files.CHART / "templates" / "_pod.tpl").read_text(encoding="utf-8")
    numbers = dict(re.findall(r"^(runAsUser|runAsGroup|fsGroup): (\d+)$", pod, re.MULTILINE))
    uid, gid = user.split(":")
    assert {"runAsUser": uid, "runAsGroup": gid, "fsGroup": gid} == numbers


def test_all_that_is_written_is_in_the_volume():
    assert ["/data"] == IMAGE.words("VOLUME")
    assert "/data" == environment()["STUDIO_DETECTOR_DATA_DIR"]
    assert "1" == environment()["PYTHONDONTWRITEBYTECODE"]


def test_packages_are_taken_by_their_locked_hashes():
    (installed,) = [
        s.value for s in STAGES[0].steps if "uv pip install" in s.value and "-r" in s.value
    ]
    assert "uv export --quiet --frozen" in installed
    assert "--require-hashes" in installed


def test_the_health_check_asks_the_port_that_is_served():
    port = ServiceSettings().port
    assert f"http://127.0.0.1:{port}/livez" in IMAGE.health_command()[-1]
    assert str(port) in IMAGE.told["EXPOSE"].split()


def test_signals_reach_the_program():
    """A shell in front of it would keep them."""
    assert ["studio-detector"] == IMAGE.words("ENTRYPOINT")
    assert "serve" == IMAGE.words("CMD")[0]
    assert "SIGTERM" == IMAGE.told["STOPSIGNAL"]


def test_nothing_gets_near_it_but_what_is_copied():
    ignored = deploy_files.DOCKERFILE.with_name("Dockerfile.dockerignore")
    lines = [line for line in ignored.read_text().splitlines() if line and line[0] != "#"]
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        word.removeprefix("./")
        for step in STAGES[0].steps
        if step.instruction == "COPY"
        for word in step.value.split()[:-1]
    }
    assert "*" == lines[0]
    assert copied == allowed
    assert all((deploy_files.ROOT / name).exists() for name in allowed)
