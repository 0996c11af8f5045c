"""What the values of the chart may be."""

from __future__ import annotations

import jsonschema
import pytest

import deploy_files
import helm_chart

CHECK = jsonschema.Draft7Validator(deploy_files.values_schema())
DEFAULTS = deploy_files.default_values()


def mistakes(values):
    """Dotted name -> what is wrong with it."""
    return {".".join(map(str, e.absolute_path)): e.message for e in CHECK.iter_errors(values)}


def example(**changes):
    """Values that are complete, with some changed by dotted name (``__`` for a dot)."""
    values = deploy_files.merged(DEFAULTS, deploy_files.load(deploy_files.EXAMPLES[0]))
    return helm_chart.changed(
        values, {name.replace("__", "."): value for name, value in changes.items()}
    )


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(deploy_files.values_schema())


def test_what_has_to_be_chosen_is_refused_until_it_is_and_nothing_else():
    """Pictures, secrets and where the servers are: nobody but the installer knows."""
    assert {
        "pictures.kind",
        "secrets.database.name",
        "secrets.broker.name",
        "secrets.service.name",
        "secrets.masterKeys.name",
        "secrets.callbacks.name",
        "networkPolicy.dependencies",
    } == mistakes(DEFAULTS).keys()


@pytest.mark.parametrize("path", deploy_files.EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_complete(path):
    assert {} == mistakes(deploy_files.merged(DEFAULTS, deploy_files.load(path)))


def test_there_is_an_example_of_each_kind_of_place_for_pictures():
    kinds = {deploy_files.load(path)["pictures"]["kind"] for path in deploy_files.EXAMPLES}
    assert {"bucket", "volume"} == kinds


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"pictures__kind": "folder"}, "pictures.kind"),
        ({"pictures__bucket__url": ""}, "pictures.bucket.url"),
        ({"pictures__bucket__url": "https://bucket"}, "pictures.bucket.url"),
        ({"pictures": {"kind": "volume"}}, "pictures"),
        (
            {"pictures": {"kind": "volume", "volume": {"existingClaim": ""}}},
            "pictures.volume.existingClaim",
        ),
        ({"secrets__database": "postgresql://u:secret@host/db"}, "secrets.database"),
        ({"settings": {"database_url": "postgresql://u:secret@host/db"}}, "settings"),
        ({"settings": {"drain_s": 300}}, "settings"),
        ({"settings": {"STUDIO_DETECTOR_AUDIT": "false"}}, "settings"),
        ({"drainSeconds": 0}, "drainSeconds"),
        ({"keda__prometheus": ""}, "keda.prometheus"),
        ({"keda__labels": {"a": 'b"} or vector(9)'}}, "keda.labels.a"),
        ({"networkPolicy__dependencies": []}, "networkPolicy.dependencies"),
        ({"workers__webhook__scale__enabled": True}, "workers.webhook.scale.enabled"),
        ({"image__digest": "latest"}, "image.digest"),
        ({"api__ingress__host": ""}, "api.ingress.host"),
        ({"metrics__podMonitor__apiKey__name": ""}, "metrics.podMonitor.apiKey.name"),
        ({"worker": {}}, ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_mistake_is_refused_where_it_is(changes, wrong):
    assert wrong in mistakes(example(**changes))


def test_what_is_off_needs_nothing():
    assert {} == mistakes(example(keda__enabled=False, keda__prometheus=""))
    assert {} == mistakes(example(networkPolicy__enabled=False, networkPolicy__dependencies=[]))
