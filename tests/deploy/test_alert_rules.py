"""Alerts ask for what the service tells, lead to help, fire and stay silent when they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from promql_names import RULES, kebab, names, problems, rules
from studio_detector.service.metrics.catalogue import CATALOGUE
from studio_detector.service.settings import ServiceSettings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
TESTS = FOLDER / "rules_test.yaml"
ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDS = [rule for rule in rules() if "record" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})
every_alert = pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])


def cases():
    """Every case of `rules_test.yaml`: name of the alert, and what is expected to fire."""
    for test in yaml.safe_load(TESTS.read_text(encoding="utf-8"))["tests"]:
        for case in test["alert_rule_test"]:
            yield case["alertname"], case.get("exp_alerts", [])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_uses_names_and_labels_that_there_are(rule):
    assert [] == problems(rule["expr"])


@pytest.mark.parametrize("rule", RECORDS, ids=lambda rule: rule["record"])
def test_what_is_recorded_is_named_by_the_labels_that_it_keeps(rule):
    """As Prometheus advises: level, metric, operation."""
    level, metric, operation = rule["record"].split(":")
    groups = re.findall(r"by \(([^)]+)\)", rule["expr"])
    kept = {label.strip() for label in groups[0].split(",")} - {"le"}

    assert set(level.split("_")) == kept
    assert metric.startswith("studio_")
    assert operation


def test_everything_that_is_recorded_is_used():
    boards = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "deploy" / "grafana").glob("*.json")
    )
    asked = {name for rule in ALERTS for name in names(rule["expr"])}

    assert [] == [
        rule["record"]
        for rule in RECORDS
        if rule["record"] not in asked and rule["record"] not in boards
    ]


@every_alert
def test_an_alert_says_whom_it_wakes_and_what_it_found(rule):
    notes = rule["annotations"]

    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert notes["summary"].endswith(".")
    assert notes["description"].endswith(".")
    uids = {
        json.loads(path.read_text(encoding="utf-8"))["uid"]
        for path in (ROOT / "deploy" / "grafana").glob("*.json")
    }
    assert notes["dashboard"] in uids


@every_alert
def test_an_alert_tells_the_value_where_it_is_one(rule):
    """Absence and yes or no have no value worth telling."""
    is_plain = re.search(r"absent\(| == 0", rule["expr"]) is not None
    is_several = rule["alert"] == "StudioCacheFails"

    assert ("$value" in rule["annotations"]["description"]) != (is_plain or is_several)


@every_alert
def test_an_alert_leads_to_its_runbook(rule):
    """By a path in this repository, behind the address that the operator sets."""
    path = f"docs/runbooks/{kebab(rule['alert'])}.md"

    assert "{{ $externalLabels.runbooks }}" + path == rule["annotations"]["runbook_url"]
    assert (ROOT / path).is_file()


@every_alert
def test_labels_that_an_alert_speaks_of_are_left_by_its_query(rule):
    said = {
        label
        for text in rule["annotations"].values()
        for label in re.findall(r"\$labels\.(\w+)", text)
    }

    assert [] == problems(rule["expr"], "".join(f"{{{{{label}}}}}" for label in said))


def test_only_certificates_have_one_alert_of_two_severities():
    twice = {name for name, count in Counter(rule["alert"] for rule in ALERTS).items() if count > 1}

    assert {"StudioCertificateExpires"} == twice


def test_bounds_on_quantiles_are_bounds_of_buckets():
    """Between two bounds a quantile is a guess: of photos that all take 1.1 s, it could say 2.4."""
    buckets = {
        "namespace:studio_analyse_duration_seconds:p95": "studio_request_duration_seconds",
        "namespace_queue:studio_queue_wait_seconds:p95": "studio_queue_wait_seconds",
    }
    seen = set()
    for rule in ALERTS:
        for record, bound in re.findall(r"(\w+:\w+:p95)\S* > ([\d.]+)", rule["expr"]):
            seen.add(record)
            assert float(bound) in CATALOGUE[buckets[record]].buckets, rule["alert"]

    assert set(buckets) == seen


def test_the_bound_on_the_backlog_is_four_fifths_of_the_setting():
    """The setting is no metric, so the number stands in the rules."""
    (rule,) = (rule for rule in ALERTS if rule["alert"] == "StudioBacklogNearLimit")

    assert rule["expr"].endswith(f"> 0.8 * {ServiceSettings().max_backlog}")


def test_jobs_that_rules_name_are_those_of_the_example():
    """Otherwise: an alert that never fires."""
    found = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))
    jobs = {one["job_name"] for one in found["scrape_configs"]}
    named = {name for rule in rules() for name in re.findall(r'\bjob=~?"([^"]+)"', rule["expr"])}

    assert named
    assert named <= jobs
    assert RULES.name in found["rule_files"]
    assert "runbooks" in found["global"]["external_labels"]


def test_every_alert_is_tried_firing_and_silent():
    firing = {name for name, alerts in cases() if alerts}
    silent = {name for name, alerts in cases() if not alerts}

    assert NAMES == sorted(firing)
    assert NAMES == sorted(silent)


def test_every_alert_is_on_the_page_of_alerts_with_its_severity():
    page = (ROOT / "docs" / "service" / "alerts.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (Studio\w+) \|[^|]+\| ([a-z, ]+) \|", page, re.MULTILINE))
    severities = {}
    for rule in ALERTS:
        severities.setdefault(rule["alert"], []).append(rule["labels"]["severity"])

    assert {name: ", ".join(some) for name, some in severities.items()} == listed


def test_every_metric_that_can_tell_of_trouble_is_watched():
    """The others are for dashboards alone."""
    for_looking = {
        "studio_requests_in_progress",
        "studio_deliveries",
        "studio_job_duration_seconds",
        "studio_stage_duration_seconds",
        "studio_verdicts_total",
        "studio_detail_total",
        "studio_confidence",
        "studio_drift_window_photos",
    }
    watched = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for rule in rules()
        for name in names(rule["expr"])
    }

    assert set(CATALOGUE) - for_looking == watched & set(CATALOGUE)


promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="no promtool in the PATH (apt-get install prometheus)",
)


def _promtool(*arguments):
    done = subprocess.run(
        ["promtool", *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@promtool
def test_promtool_takes_the_rules():
    assert f"{len(rules())} rules found" in _promtool("check", "rules", "rules.yaml")


@promtool
def test_promtool_takes_the_example():
    _promtool("check", "config", "--syntax-only", "prometheus.yaml")


@promtool
@pytest.mark.slow
def test_alerts_fire_and_stay_silent_as_the_cases_say():
    assert "SUCCESS" in _promtool("test", "rules", "rules_test.yaml")
