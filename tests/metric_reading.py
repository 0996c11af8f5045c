"""Metrics read as Prometheus reads them: by the parser of its library."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


def families(text):
    """Name of each metric -> its samples; counters have the name of their samples."""
    found = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert name not in found, name
        found[name] = family
    return found


def exposed(metrics):
    """What metrics tell now."""
    return families(metrics.exposed("")[0].decode())


def value(metrics, name, /, **labels):
    """The value of a series; None if there is none."""
    return metrics.registry.get_sample_value(name, labels)


def fetched(service, **more):
    """What an app tells at its address."""
    answer = service.http.get("/metrics", **more)
    assert answer.status_code == 200, answer.text
    return families(answer.text)


def series(found):
    """How many series there are in all."""
    return sum(len(family.samples) for family in found.values())


def values_of(found, name, label):
    """What a label is in the series of a metric."""
    return {sample.labels[label] for sample in found[name].samples}
