"""Every name of the catalogue is told, and nothing else."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

import api_service
from api_service import API
from metric_reading import exposed, fetched, values_of
from studio_detector.service.metrics.catalogue import CATALOGUE
from studio_detector.service.metrics.metrics import Metrics

#: What of the store and of others is read where parts are open, and drift where it is known.
OF_OTHERS = {
    "studio_jobs",
    "studio_queue_oldest_seconds",
    "studio_deliveries",
    "studio_store_reachable",
    "studio_master_key_age_seconds",
    "studio_key_expiry_seconds",
    "studio_breakers_open",
    "studio_children",
}
OF_DRIFT = {
    "studio_measurement_drift",
    "studio_confidence_drift",
    "studio_drift_window_photos",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What an app tells that has done something."""
    with api_service.service(tmp_path_factory.mktemp("told")) as service:
        first = fetched(service)
        service.done()
        service.http.get(f"{API}/nothing/at/all")
        yield first, fetched(service)


def test_an_app_tells_every_name_and_no_other(told):
    """What dashboards and alerts ask for is there from the first scrape on."""
    for found in told:
        assert CATALOGUE.keys() == found.keys()


def test_a_process_without_an_app_leaves_out_what_it_does_not_know(metrics):
    """Rather than telling zeros."""
    assert CATALOGUE.keys() - OF_OTHERS - OF_DRIFT == exposed(metrics).keys()


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_names_and_labels_are_as_prometheus_has_them(metric, told):
    """Kinds, units and suffixes."""
    family = told[1][metric.name]

    assert metric.kind == family.type
    assert metric.name.startswith("studio_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.says == family.documentation
    for sample in family.samples:
        assert set(metric.labels) == sample.labels.keys() - {"le"}


def test_no_series_says_when_it_was_made(told):
    """They would double the series."""
    names = {sample.name for family in told[1].values() for sample in family.samples}

    assert not {name for name in names if name.endswith("_created")}


def test_two_registries_know_nothing_of_each_other():
    """None is the one that the library shares."""
    one, other = Metrics(), Metrics()
    one.cache.met("hit")

    assert 1 == one.registry.get_sample_value("studio_cache_requests_total", {"outcome": "hit"})
    assert 0 == other.registry.get_sample_value("studio_cache_requests_total", {"outcome": "hit"})
    assert REGISTRY.get_sample_value("studio_cache_requests_total", {"outcome": "hit"}) is None


def test_addresses_are_told_by_their_templates(told):
    """One that there is not is other."""
    assert {"other", f"{API}/analyse"} == values_of(told[1], "studio_requests_total", "route")
