"""Who may fetch the metrics, in which form, and what it costs others."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from door_examples import ask, bearer, key
from metric_reading import fetched, value
from studio_detector.service.access.roles import Role, Scope

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def keyed(serve):
    """An app that asks for keys, with rates that one request uses up."""
    rates = {f"rate_{kind}": "1/hour" for kind in ("key", "tenant", "address", "global")}
    with serve(works=False, auth="keys", **rates) as service:
        yield service


class TestForm:
    def test_text_is_the_usual_form(self, served):
        """As every Prometheus reads it, and never kept."""
        answer = served.http.get("/metrics")

        assert answer.headers["content-type"].startswith("text/plain; version=")
        assert "no-store" == answer.headers["cache-control"]
        assert answer.text.endswith("\n")

    def test_who_asks_for_open_metrics_gets_that(self, served):
        """With its end mark."""
        answer = served.http.get("/metrics", headers={"Accept": OPEN_METRICS})

        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert "# EOF\n" == answer.text[-6:]
        assert list(text_string_to_metric_families(answer.text))

    def test_only_looking_is_taken(self, served):
        """HEAD has the same head."""
        head = served.http.head("/metrics")

        assert (200, "") == (head.status_code, head.text)
        assert 405 == served.http.post("/metrics").status_code

    def test_it_is_no_part_of_the_api(self, served):
        """Its form is somebody else's to describe."""
        assert "/metrics" not in served.app.openapi()["paths"]


class TestOpen:
    def test_nobody_is_asked(self, served):
        """As for everything else."""
        assert 200 == served.http.get("/metrics").status_code

    def test_under_the_name_of_another_host_nobody_reads_it(self, served):
        """A page of that host could, if its name were made to lead here."""
        assert 403 == ask(served, "GET", "/metrics", headers={"Host": "evil.example"}).status


class TestKeys:
    def test_nobody_without_a_key_reads_it(self, keyed):
        """It tells how much is done."""
        assert 401 == ask(keyed, "GET", "/metrics").status

    @pytest.mark.parametrize(
        ("role", "status"),
        [(Role.VIEWER, 403), (Role.ANALYST, 403), (Role.OPERATOR, 200), (Role.ADMIN, 200)],
    )
    def test_operators_and_admins_may(self, keyed, role, status):
        """Viewers of one tenant learn nothing of the others."""
        answer = ask(keyed, "GET", "/metrics", headers=bearer(key(keyed, role)))

        assert status == answer.status

    def test_a_key_may_be_for_that_alone(self, keyed):
        """Prometheus needs none that erases."""
        narrow = bearer(key(keyed, Role.OPERATOR, scopes={Scope.OBSERVE}))

        assert 200 == ask(keyed, "GET", "/metrics", headers=narrow).status
        assert 403 == ask(keyed, "GET", "/api/v1/jobs", headers=narrow).status

    def test_it_is_fetched_under_any_name_and_at_any_rate(self, keyed):
        """By the address of a process, and most of all while everybody else is refused."""
        scraper = bearer(key(keyed)) | {"Host": "10.1.2.3:8000"}
        seen = [ask(keyed, "GET", "/metrics", headers=scraper).status for _ in range(5)]
        others = bearer(key(keyed))
        asked = [ask(keyed, "GET", "/api/v1/jobs", headers=others).status for _ in range(2)]
        again = ask(keyed, "GET", "/metrics", headers=scraper).status

        assert [200] * 5 == seen
        assert [200, 429] == asked
        assert 200 == again

    def test_guessing_keys_is_as_slow_as_elsewhere(self, serve):
        """There is no way around the count of those that fail."""
        with serve(works=False, auth="keys", rate_failed="3/hour") as service:
            tried = [
                ask(service, "GET", "/metrics", headers=bearer(f"sk_{number}")).status
                for number in range(5)
            ]

        assert [401, 401, 401, 429, 429] == tried


def test_scrapes_are_not_written_down_but_refusals_are(keyed):
    """A log of scrapes would hide what it is for."""
    admin = bearer(key(keyed))
    for _ in range(3):
        ask(keyed, "GET", "/metrics", headers=admin)
    ask(keyed, "GET", "/metrics")
    keyed.parts.audit.close()

    noted = [
        (entry.object, entry.outcome)
        for entry in keyed.parts.store.audit.after(0, 100)
        if "metrics" in entry.object
    ]
    assert [("/metrics", "refused")] == noted


def test_scrapes_and_probes_are_no_requests(served):
    """They would hide how those fare who use the service."""
    for path in ("/metrics", "/livez", "/readyz", "/startupz"):
        served.http.get(path)

    assert [] == fetched(served)["studio_requests_total"].samples
    assert 0 == value(served.parts.metrics, "studio_requests_in_progress")
