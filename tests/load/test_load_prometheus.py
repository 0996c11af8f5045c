"""Where a Prometheus watches a run, it fetches from every process of the service."""

from __future__ import annotations

from pathlib import Path

from tools.load.prometheus import configuration


def _targets(told):
    return {
        one["job_name"]: [host for group in one["static_configs"] for host in group["targets"]]
        for one in told["scrape_configs"]
    }


def test_what_serves_and_what_works_are_jobs_as_the_alerts_name_them():
    told = configuration([f"http://127.0.0.1:{port}/metrics" for port in (8000, 9001, 9002)])
    shipped = (Path(__file__).resolve().parents[2] / "deploy/prometheus/prometheus.yaml").read_text(
        encoding="utf-8"
    )

    assert {
        "studio-api": ["127.0.0.1:8000"],
        "studio-workers": ["127.0.0.1:9001", "127.0.0.1:9002"],
    } == _targets(told)
    assert all(f"job_name: {name}\n" in shipped for name in _targets(told))


def test_the_embedded_service_is_one_process():
    assert {"studio-api": ["127.0.0.1:8000"]} == _targets(
        configuration(["http://127.0.0.1:8000/metrics"])
    )


def test_the_shipped_rules_are_watched_too():
    (rules,) = configuration(["http://127.0.0.1:8000/metrics"])["rule_files"]

    assert Path(rules).is_file()
