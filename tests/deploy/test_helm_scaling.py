"""What scales the workers and the API, and why no work is lost by it."""

from __future__ import annotations

import pytest

import deploy_files
import helm_chart
import promql_names

VALUES = helm_chart.example("bucket")


def scaled():
    return helm_chart.of_kind(helm_chart.render(VALUES), "ScaledObject")


@pytest.fixture(params=["high", "standard", "detail"])
def queue(request):
    return request.param


@pytest.fixture
def scaling(queue):
    return scaled()[f"studio-detector-worker-{queue}"]["spec"]


def test_it_asks_for_jobs_that_wait_or_run_in_its_queue_alone(queue, scaling):
    """The largest number that any process tells, and never their sum."""
    (trigger,) = scaling["triggers"]
    wanted = (
        "sum(max by (queue, state) (studio_jobs{"
        f'queue="{queue}",state=~"waiting|running|retrying",namespace="studio"}}))'
    )
    assert wanted == trigger["metadata"]["query"]


def test_the_names_in_the_query_are_those_of_the_service(scaling):
    (trigger,) = scaling["triggers"]
    assert [] == promql_names.problems(trigger["metadata"]["query"])


def test_a_silent_prometheus_takes_no_pod_away(scaling):
    """No answer is an error, and errors keep what runs."""
    (trigger,) = scaling["triggers"]
    assert "false" == trigger["metadata"]["ignoreNullValues"]
    assert "AverageValue" == trigger["metricType"]
    assert "currentReplicasIfHigher" == scaling["fallback"]["behavior"]
    assert scaling["fallback"]["replicas"] >= 1


def test_a_single_job_starts_the_first_pod(scaling):
    (trigger,) = scaling["triggers"]
    assert "0" == trigger["metadata"]["activationThreshold"]


def test_pods_go_one_at_a_time_and_late(scaling):
    down = scaling["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert 300 == down["stabilizationWindowSeconds"]
    assert [{"type": "Pods", "value": 1, "periodSeconds": 60}] == down["policies"]
    assert scaling["cooldownPeriod"] >= 300


def test_what_scales_is_not_also_fixed():
    """An upgrade would set it back to the fixed number."""
    objects = helm_chart.render(VALUES)
    deployments = helm_chart.of_kind(objects, "Deployment")
    for one in scaled().values():
        target = one["spec"]["scaleTargetRef"]["name"]
        assert "replicas" not in deployments[target]["spec"]
    for kind, name in objects:
        if kind == "HorizontalPodAutoscaler":
            target = objects[kind, name]["spec"]["scaleTargetRef"]["name"]
            assert "replicas" not in deployments[target]["spec"]


def test_everything_in_a_trigger_is_text():
    """KEDA refuses numbers there."""
    for one in scaled().values():
        for trigger in one["spec"]["triggers"]:
            assert all(isinstance(value, str) for value in trigger["metadata"].values())


def test_without_keda_nothing_of_it_is_made_and_numbers_are_fixed():
    objects = helm_chart.render(helm_chart.example("volume"))
    assert {} == helm_chart.of_kind(objects, "ScaledObject")
    assert 2 == objects["Deployment", "studio-detector-worker-standard"]["spec"]["replicas"]


class TestApi:
    def test_it_grows_by_processor_and_by_requests_in_progress(self):
        spec = helm_chart.render(VALUES)["HorizontalPodAutoscaler", "studio-detector-api"]["spec"]
        cpu, requests = spec["metrics"]
        assert "cpu" == cpu["resource"]["name"]
        metric = requests["pods"]["metric"]["name"]
        assert metric in promql_names.known()
        assert "20" == requests["pods"]["target"]["averageValue"]

    def test_it_shrinks_one_pod_at_a_time_and_late(self):
        spec = helm_chart.render(VALUES)["HorizontalPodAutoscaler", "studio-detector-api"]["spec"]
        down = spec["behavior"]["scaleDown"]
        assert 300 == down["stabilizationWindowSeconds"]
        assert [{"type": "Pods", "value": 1, "periodSeconds": 60}] == down["policies"]


def test_targets_are_called_what_the_example_of_prometheus_calls_them():
    objects = helm_chart.render(VALUES)
    jobs = {
        endpoint["relabelings"][0]["replacement"]
        for one in helm_chart.of_kind(objects, "PodMonitor").values()
        for endpoint in one["spec"]["podMetricsEndpoints"]
    }
    prometheus = deploy_files.load(promql_names.RULES.with_name("prometheus.yaml"))
    assert {"studio-api", "studio-workers"} == jobs
    assert jobs <= {one["job_name"] for one in prometheus["scrape_configs"]}
