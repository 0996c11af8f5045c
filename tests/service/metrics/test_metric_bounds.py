"""The number of series is bounded, whatever is sent and whatever comes of it."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import api_service
from api_service import API
from door_examples import ask
from metric_reading import exposed, fetched, series, values_of
from service.store.store_examples import new_result
from studio_detector.errors import CODES
from studio_detector.service.api.scopes import SCOPES_OF_ROUTES
from studio_detector.service.metrics.labels import OTHER, Closed
from studio_detector.service.metrics.metrics import Metrics
from studio_detector.service.metrics.requests import CONNECTIONS_FULL, METHODS, REFUSALS

WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*CODES, "analysed", "high", "hit", "delivered", "agrees", "crashed"]),
    st.none(),
    st.integers(),
)
ROUTES = {template for _, template in SCOPES_OF_ROUTES}
PATHS = st.one_of(
    st.sampled_from(sorted(ROUTES)),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    st.from_regex(r"/api/v1/jobs/[a-z0-9-]{1,20}", fullmatch=True),
)


def test_what_the_api_takes_and_refuses_has_a_name():
    """None of it is other, and no reason is misspelt."""
    assert {method for method, _ in SCOPES_OF_ROUTES} <= METHODS.values
    assert REFUSALS.values - {CONNECTIONS_FULL} <= CODES.keys()


@given(st.text() | st.none() | st.integers(), st.sets(st.text(max_size=5)))
def test_a_label_is_one_of_its_set_or_other(value, known):
    """Whatever it is."""
    found = Closed(frozenset(known)).of(value)

    assert found in known or found == OTHER
    assert (found == value) == (value in known or value == OTHER)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, WORDS, st.integers(-5, 2000)), max_size=40))
def test_outcomes_that_nobody_thought_of_make_no_new_series(events):
    """Each counter has a bound of its own."""
    metrics = Metrics(models=["m@1+0"])
    for one, two, three, number in events:
        metrics.requests.ended(one, None, number, 0.1, two)
        metrics.requests.refused(three)
        metrics.jobs.tried(one, 1.0, 1.0, two, three)
        metrics.jobs.died(one, two)
        metrics.errors.met(one)
        for counted in (metrics.cache, metrics.callbacks, metrics.feedback, metrics.children):
            counted.met(two)
        metrics.verdicts.given(new_result("a", label=one, model=two))
    found = exposed(metrics)

    assert values_of(found, "studio_errors_total", "code") <= {*CODES, OTHER}
    assert values_of(found, "studio_rejected_total", "reason") <= REFUSALS.values
    assert values_of(found, "studio_requests_total", "method") <= {*METHODS.values, OTHER}
    assert len(found["studio_jobs_ended_total"].samples) <= 4 * 10
    assert len(found["studio_verdicts_total"].samples) <= 4 * 2
    for name in (
        "studio_cache_requests_total",
        "studio_webhook_attempts_total",
        "studio_feedback_total",
        "studio_children_ended_total",
    ):
        assert len(found[name].samples) <= 6


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    with api_service.service(folder, works=False, auth="keys", rate_failed="none") as service:
        yield service


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(method=st.sampled_from(["GET", "POST", "PUT", "BREW", "a" * 90]), path=PATHS)
def test_strangers_cannot_make_series(asked, method, path):
    """Neither by methods nor by addresses: what they wrote is in no label."""
    ask(asked, method, f"/{path.lstrip('/')}")

    found = exposed(asked.parts.metrics)
    assert values_of(found, "studio_requests_total", "route") <= ROUTES | {OTHER}
    assert values_of(found, "studio_requests_total", "method") <= {*METHODS.values, OTHER}
    statuses = {str(status.value) for status in HTTPStatus} | {"499"}
    assert values_of(found, "studio_requests_total", "status") <= statuses
    bound = (len(ROUTES) + 1) * (len(METHODS.values) + 1) * len(statuses)
    assert len(found["studio_requests_total"].samples) <= bound


def test_an_app_at_work_has_few_series(served):
    """Less than a tenth of what a scrape may have by default."""
    for word in ("good 1", "doubtful 2", "corrupt 3", "good 1"):
        served.post(word, params={"wait": 30})
    for _ in range(3):
        served.http.get(f"{API}/nothing")

    assert series(fetched(served)) < 1000
