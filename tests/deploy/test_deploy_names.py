"""Whatever a file of deploy/ says to the program, the program knows.

A setting or an option that is renamed would otherwise be noticed by who deploys it.
"""

from __future__ import annotations

import json
import re

import click
import pytest
import yaml

import deploy_files
from studio_detector.cli.main import program
from studio_detector.config import environment
from studio_detector.config.keys import all_keys, names_by_variable
from studio_detector.service.settings import Secret, ServiceSettings
from studio_detector.version import VERSION

NO_SETTINGS = {environment.FILE_VARIABLE}
# Addresses that hold a password only where somebody puts one into them.
SELDOM_SECRET = {"jwt_keys", "traces_url"}


def parsed(words):
    """The context of a command line as click understands it; nothing is run."""
    name, *rest = words
    return program.commands[name].make_context(name, rest, parent=click.Context(program))


def command_lines():
    """Every command line in deploy/ that needs no rendering, with where it stands."""
    from tools.image_steps.recipe import read_recipe

    image = read_recipe(deploy_files.DOCKERFILE)[-1]
    yield image.words("CMD"), "docker"
    for step in image.steps:
        if step.instruction == "RUN" and step.value.startswith("studio-detector "):
            yield step.value.split()[1:], "docker"
    for name, service in deploy_files.ours(deploy_files.compose()).items():
        words = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in service["command"]]
        yield words, f"compose: {name}"
    for path in deploy_files.UNITS:
        (started,) = deploy_files.unit(path)["ExecStart"]
        yield started.replace("%i", "standard").split()[1:], path.name


@pytest.mark.parametrize(
    ("name", "where"),
    sorted(deploy_files.variables()),
    ids=lambda value: value.rpartition("/")[2],
)
def test_every_variable_is_one_that_is_read(name, where):
    assert name in names_by_variable().keys() | NO_SETTINGS, where


@pytest.mark.parametrize(
    "words", [pytest.param(words, id=where) for words, where in command_lines()]
)
def test_every_command_line_is_understood(words):
    """Options, queues and numbers are checked as they would be at the start."""
    assert parsed(words).command.name == words[0]


def test_an_option_that_is_none_would_be_noticed():
    with pytest.raises(click.UsageError, match="No such option"):
        parsed(["serve", "--hots", "0.0.0.0"])
    with pytest.raises(click.UsageError, match="name some of"):
        parsed(["worker", "--queues", "fast"])


def test_options_in_templates_are_those_of_their_command():
    """Without rendering, so that it is tested wherever helm's engine is not."""
    found = 0
    for path in sorted(deploy_files.CHART.rglob("*.yaml")):
        for line in re.findall(
            r"^\s*args: \[(.*)\]$", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            command = program.commands[line.partition(",")[0].strip()]
            options = {option for one in command.params for option in one.opts}
            named = set(re.findall(r"--[\w-]+", line))
            assert named <= options, path.name
            found += 1
    assert 3 == found


@pytest.mark.parametrize("path", deploy_files.EXAMPLES, ids=lambda path: path.name)
def test_settings_in_example_values_are_settings(path):
    for name, value in deploy_files.load(path).get("settings", {}).items():
        known = all_keys()
        assert name in known or f"service.{name}" in known
        assert isinstance(value, (str, int, float, bool))


def test_settings_that_have_a_value_of_their_own_or_are_secret_are_no_plain_values():
    """Secrets would be kept in the release, and what is set twice would be set by chance."""
    refused = set(
        deploy_files.values_schema()["properties"]["settings"]["propertyNames"]["not"]["enum"]
    )
    service = {
        key.name.removeprefix("service."): key
        for key in all_keys().values()
        if key.name.startswith("service.")
    }
    secret = {name for name, key in service.items() if isinstance(key.secrecy, Secret)}
    assert refused <= service.keys()
    assert secret - SELDOM_SECRET <= refused
    assert refused.isdisjoint(SELDOM_SECRET)


def test_the_chart_sets_nothing_that_its_values_may_set_too():
    refused = set(
        deploy_files.values_schema()["properties"]["settings"]["propertyNames"]["not"]["enum"]
    )
    templates = deploy_files.CHART / "templates"
    named = {
        name
        for path in templates.iterdir()
        for name in re.findall(r"STUDIO_DETECTOR_([A-Z0-9_]+)\b", path.read_text(encoding="utf-8"))
    }
    assert {name.lower() for name in named} <= refused


def test_versions_are_those_of_the_program_and_of_the_makefile():
    chart = deploy_files.load(deploy_files.CHART / "Chart.yaml")
    assert VERSION == chart["appVersion"]
    makefile = (deploy_files.ROOT / "Makefile").read_text(encoding="utf-8")
    (version,) = re.findall(r"^UV_VERSION := (\S+)$", makefile, re.MULTILINE)
    assert f"ARG UV_VERSION={version}\n" in deploy_files.DOCKERFILE.read_text(encoding="utf-8")


def test_whoever_stops_a_process_waits_longer_than_it_drains():
    """Or what runs would be killed, and done once more elsewhere."""
    settings = ServiceSettings()
    most_s = settings.notice_s + settings.drain_s
    for path in deploy_files.UNITS:
        (timeout,) = deploy_files.unit(path)["TimeoutStopSec"]
        assert deploy_files.seconds(timeout) >= most_s + 15
    for service in deploy_files.ours(deploy_files.compose()).values():
        assert deploy_files.seconds(service["stop_grace_period"]) >= most_s + 15
    assert settings.drain_s == deploy_files.default_values()["drainSeconds"]


def test_every_yaml_and_json_file_can_be_read():
    """Templates of helm are read once they are rendered."""
    read = 0
    for path in sorted(deploy_files.DEPLOY.rglob("*")):
        if path.suffix in {".yaml", ".yml", ".json"} and "templates" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert json.loads(text) if path.suffix == ".json" else list(yaml.safe_load_all(text))
            read += 1
    assert read > 5
