"""What a Dockerfile says, as far as ours says it: stages of steps, and how to run the last one."""

from __future__ import annotations

import io
import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockerfile_parse import DockerfileParser

if TYPE_CHECKING:
    from pathlib import Path

# Instructions that a stage carries out, and those that only say how it is run or called.
_STEPS = frozenset({"ARG", "COPY", "ENV", "RUN", "USER", "WORKDIR"})
_TOLD = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL", "VOLUME"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction.

    Attributes:
        instruction: Its name in capitals.
        value: What follows, in one line.
        line: Where it stands, from 1.
    """

    instruction: str
    value: str
    line: int

    def __str__(self) -> str:
        return f"{self.instruction} {self.value}"


@dataclass(slots=True)
class Stage:
    """What stands between one FROM and the next.

    Attributes:
        base: What it begins with, variables and all.
        name: After AS; "" without.
        steps: To be carried out, in order.
        told: Instruction -> the last value of it.
    """

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)

    def words(self, instruction: str) -> list[str]:
        """The words of CMD, ENTRYPOINT or VOLUME, written as JSON; none where it is missing.

        Raises:
            ValueError: If they are written for a shell, which would not pass signals on.
        """
        value = self.told.get(instruction)
        return [] if value is None else _json_words(value)

    def health_command(self) -> list[str]:
        """The words of HEALTHCHECK's command.

        Raises:
            ValueError: If there is none.
        """
        _, found, command = self.told.get("HEALTHCHECK", "").partition("CMD ")
        if not found:
            raise ValueError("there is no HEALTHCHECK with a command")
        return _json_words(command)


def read_recipe(path: Path) -> list[Stage]:
    """Read a Dockerfile.

    Args:
        path: The file.

    Returns:
        Its stages, the last of which is the image.

    Raises:
        ValueError: For an instruction that is carried out nowhere here.
    """
    stages: list[Stage] = []
    for found in DockerfileParser(fileobj=io.BytesIO(path.read_bytes())).structure:
        name = found["instruction"]
        step = Step(name, " ".join(found["value"].split()), found["startline"] + 1)
        if name == "FROM":
            base, *rest = step.value.split()
            stages.append(Stage(base, rest[1] if len(rest) > 1 else ""))
        elif name in _STEPS and stages:
            stages[-1].steps.append(step)
        elif name in _TOLD:
            stages[-1].told[name] = step.value
        elif name not in _STEPS | {"COMMENT"}:
            raise ValueError(f"line {step.line}: {name} is not known here")
    return stages


def assignments(value: str, environment: dict[str, str]) -> dict[str, str]:
    """The variables of ENV or ARG: ``NAME=value NAME="value" ...``.

    Args:
        value: What follows the instruction.
        environment: Variables that are put in.
    """
    pairs = (word.partition("=") for word in shlex.split(value))
    return {name: with_variables(text, environment) for name, _, text in pairs}


def with_variables(text: str, environment: dict[str, str]) -> str:
    """Put variables into a text, as FROM, ENV, COPY and WORKDIR do."""
    return _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), text)


def _json_words(value: str) -> list[str]:
    words = json.loads(value)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{value!r} is no list of words")
    return words
