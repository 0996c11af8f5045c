"""Carrying out the steps of a recipe, stage by stage."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tools.image_steps.recipe import assignments, with_variables
from tools.image_steps.roots import Root, copy

if TYPE_CHECKING:
    from tools.image_steps.recipe import Stage, Step

# How this machine reaches package registries; an engine is told so by its own settings.
_REGISTRIES = ("PIP_", "UV_INDEX", "UV_DEFAULT_INDEX", "SSL_CERT")
_PROXIES = frozenset({"http_proxy", "https_proxy", "no_proxy"})


@dataclass(slots=True)
class Built:
    """A stage whose steps were carried out.

    Attributes:
        stage: What it was made from.
        root: Where it is.
        environment: Variables of whoever runs in it.
        arguments: Variables of its steps alone.
        folder: Where commands run.
        user: ``uid:gid``; "" is root.
        done: Steps that were carried out.
    """

    stage: Stage
    root: Root
    environment: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = ""
    done: int = 0


def build(stages: list[Stage], context: Path, memory: Path) -> Built:
    """Carry out every stage.

    Args:
        stages: What `read_recipe` gave.
        context: Folder that COPY copies from.
        memory: An empty folder that the roots are made in.

    Returns:
        The last stage, which is the image.

    Raises:
        CalledProcessError: If a command of a step fails.
    """
    built: dict[str, Built] = {}
    for number, stage in enumerate(stages):
        one = Built(stage, Root(memory / str(number), [context]), {})
        one.environment = dict(one.root.environment)
        for step in stage.steps:
            print(f"--> {step}", flush=True)
            _carry_out(step, one, context, built)
            one.done += 1
        built[stage.name or str(number)] = one
    return one


def _carry_out(step: Step, one: Built, context: Path, others: dict[str, Built]) -> None:
    match step.instruction:
        case "ENV":
            one.environment |= assignments(step.value, one.environment)
        case "ARG":
            given = assignments(step.value, one.environment)
            one.arguments |= {name: os.environ.get(name, value) for name, value in given.items()}
        case "WORKDIR":
            one.folder = str(PurePosixPath(one.folder, with_variables(step.value, one.environment)))
            one.root.within(one.folder).mkdir(parents=True, exist_ok=True)
        case "USER":
            one.user = step.value
        case "COPY":
            _copy(step, one, context, others)
        case "RUN":
            _run(step, one)


def _run(step: Step, one: Built) -> None:
    words = json.loads(step.value) if step.value.startswith("[") else ["/bin/sh", "-c", step.value]
    ours = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_REGISTRIES) or name.lower() in _PROXIES
    }
    environment = {"HOME": "/root"} | ours | one.arguments | one.environment
    subprocess.run(
        one.root.command(words, folder=one.folder, environment=environment, user=one.user),
        check=True,
    )


def _copy(step: Step, one: Built, context: Path, others: dict[str, Built]) -> None:
    words = shlex.split(step.value)
    options = [word for word in words if word.startswith("--")]
    *sources, target = (
        with_variables(word, one.environment) for word in words if not word.startswith("--")
    )
    base = context
    for option in options:
        name, _, stage = option.partition("=")
        if name != "--from":
            raise ValueError(f"line {step.line}: COPY {name} is not known here")
        base = others[stage].root.path
    into = one.root.within(str(PurePosixPath(one.folder, target)))
    for source in sources:
        found = base / source.lstrip("/")
        is_into_folder = target.endswith("/") or len(sources) > 1
        copy(found, into / found.name if is_into_folder and found.is_file() else into)
