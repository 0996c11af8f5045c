"""The chart as helm itself renders it, through the library of helm (group `deploy`)."""

from __future__ import annotations

import copy
import functools
import importlib
import os

import pytest
import yaml

import deploy_files

RELEASE = "studio-detector"
NAMESPACE = "photos"


def tool(name):
    """A package of the group `deploy`; tests are skipped without it, or fail if it is required."""
    try:
        return importlib.import_module(name)
    except ImportError:
        what = f"{name} is not installed: make lint-deploy"
        if os.environ.get("REQUIRE_DEPLOY_TOOLS") == "1":
            pytest.fail(what)
        pytest.skip(what)


def example(name):
    """Values of one of the examples, as whoever installs the chart gives them."""
    return deploy_files.load(deploy_files.CHART / "ci" / f"{name}-values.yaml")


def changed(values, changes):
    """Values with some changed by dotted name."""
    values = copy.deepcopy(values)
    for name, value in changes.items():
        *above, last = name.split(".")
        place = values
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    return values


def render(values):
    """Kind and name -> object, of everything that the chart makes from these values."""
    return _render(yaml.safe_dump(values))


@functools.lru_cache
def _render(values):
    helm = tool("helm_python")
    with helm.Chart.load(deploy_files.CHART) as chart:
        files = chart.render(yaml.safe_load(values), name=RELEASE, namespace=NAMESPACE)
    found = {}
    for path, text in files.items():
        if path.endswith(".yaml"):
            for one in yaml.safe_load_all(text):
                if one:
                    place = (one["kind"], one["metadata"]["name"])
                    assert place not in found, place
                    found[place] = one
    return found


def of_kind(objects, kind):
    """Name -> object, of one kind."""
    return {name: one for (found, name), one in objects.items() if found == kind}


def pods(objects):
    """Name -> the pods that a Deployment or a Job makes."""
    return {
        name: one["spec"]["template"]
        for (kind, name), one in objects.items()
        if kind in {"Deployment", "Job"}
    }
