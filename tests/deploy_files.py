"""What stands in ``deploy/``, read for tests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
COMPOSE = DEPLOY / "compose"
CHART = DEPLOY / "helm" / "studio-detector"
SYSTEMD = DEPLOY / "systemd"
UNITS = (SYSTEMD / "studio-detector.service", SYSTEMD / "studio-detector-worker@.service")
#: Complete values of the chart, of which helm would make a release.
EXAMPLES = tuple(sorted((CHART / "ci").glob("*-values.yaml")))

_VARIABLE = re.compile(r"\bSTUDIO_DETECTOR_[A-Z0-9_]+\b")


def variables():
    """Each variable of ours that a file of ours names, with that file."""
    for folder in (DOCKERFILE.parent, COMPOSE, CHART, SYSTEMD):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                for name in set(_VARIABLE.findall(path.read_text(encoding="utf-8"))):
                    yield name, str(path.relative_to(DEPLOY))


def load(path):
    """The one document of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def compose():
    """compose.yaml, with what is merged."""
    return load(COMPOSE / "compose.yaml")


def ours(project):
    """The services of a compose file that run our image, by name."""
    return {name: service for name, service in project["services"].items() if "build" in service}


def default_values():
    """values.yaml of the chart."""
    return load(CHART / "values.yaml")


def values_schema():
    """values.schema.json of the chart."""
    return json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


def merged(below, above):
    """Values as helm merges them: tables entry by entry, all else as a whole."""
    return below | {
        name: merged(below[name], value)
        if isinstance(value, dict) and isinstance(below.get(name), dict)
        else value
        for name, value in above.items()
    }


def unit_lines(path):
    """The settings of a unit, as pairs, in their order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("=", 1)) for line in lines if re.match(r"[A-Z]\w+=", line)]


def unit(path):
    """The settings of a unit: name -> the values given, in their order."""
    found = {}
    for name, value in unit_lines(path):
        found.setdefault(name, []).append(value)
    return found


def seconds(text):
    """Seconds of a span such as 45s or 45."""
    return float(text.removesuffix("s"))
