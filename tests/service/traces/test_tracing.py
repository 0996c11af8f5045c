"""One trace leads from a request to its job and its callback, whatever lies between."""

from __future__ import annotations

import re
import threading

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from api_service import API, picture
from service.traces.traced import CALLBACK, at_once, trace_of, traced
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.sweeper import Sweeper
from studio_detector.service.queues.together import run_jobs

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, LEFT_OUT = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


@pytest.fixture
def service(tmp_path):
    with traced(tmp_path) as service:
        yield service


@pytest.fixture
def idle(tmp_path):
    with traced(tmp_path, works=False) as service:
        yield service


class TestOneTrace:
    def test_it_leads_from_the_request_to_the_callback(self, service):
        answer = service.service.post(
            params={"wait": 30, "callback_url": CALLBACK}, headers={"X-Request-ID": "mine-1"}
        )

        assert 200 == answer.status_code
        service.spans.named("callback")
        service.spans.named(f"POST {API}/analyse")
        spans = service.spans.by_name()
        request = spans[f"POST {API}/analyse"]
        assert {trace_of(request)} == {trace_of(span) for span in spans.values()}
        parents = {name: span.parent and span.parent.span_id for name, span in spans.items()}
        ids = {name: span.context.span_id for name, span in spans.items()}
        assert {
            f"POST {API}/analyse": None,
            "accept": ids[f"POST {API}/analyse"],
            "queue wait": ids["accept"],
            "job": ids["accept"],
            "analysis": ids["job"],
            "store": ids["job"],
            "callback": ids["accept"],
        } == parents

    def test_every_span_says_what_it_stands_for(self, service):
        service.service.post(
            params={"wait": 30, "callback_url": CALLBACK}, headers={"X-Request-ID": "mine-1"}
        )

        service.spans.named("callback")
        spans = service.spans.by_name()
        request, job = spans[f"POST {API}/analyse"], spans["job"]
        (stored,) = service.store.jobs.find("default").items
        assert [SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.CLIENT] == [
            span.kind for span in (request, spans["accept"], job, spans["callback"])
        ]
        assert {
            "http.request.method": "POST",
            "http.route": f"{API}/analyse",
            "http.response.status_code": 200,
            "studio.request_id": "mine-1",
        } == dict(request.attributes)
        assert {
            "studio.request_id": "mine-1",
            "studio.job_id": str(stored.id),
            "studio.tenant": "default",
            "studio.queue": "standard",
            "studio.attempt": 1,
            "studio.outcome": "analysed",
        } == dict(job.attributes)
        assert 1.0 == spans["analysis"].attributes["studio.total_ms"]
        assert "delivered" == spans["callback"].attributes["studio.outcome"]
        assert str(stored.id) == spans["callback"].attributes["studio.job_id"]

    def test_the_wait_lies_between_accepting_and_the_job(self, service):
        service.service.post(params={"wait": 30})

        (wait,), (job,) = service.spans.named("queue wait"), service.spans.named("job")
        (accept,) = service.spans.named("accept")
        assert wait.start_time <= wait.end_time
        # The clock of the store is this machine's, to the microsecond.
        assert abs(wait.end_time - job.start_time) < 1e9
        assert wait.start_time >= accept.start_time - 1e6

    def test_a_picture_that_is_fetched_has_its_own_span(self, tmp_path):
        url = "https://pictures.example/a.png?sig=hunter2"
        with traced(tmp_path, pictures={url: picture("good 1")}) as service:
            service.service.http.post(
                f"{API}/analyse", json={"image_url": url}, params={"wait": 30}
            )
            (fetch,) = service.spans.named("fetch")
            (job,) = service.spans.named("job")

        assert job.context.span_id == fetch.parent.span_id
        assert {"studio.bytes": len(picture("good 1"))} == dict(fetch.attributes)

    def test_a_batch_is_one_trace_and_so_is_its_callback(self, tmp_path):
        urls = [f"https://pictures.example/{n}.png" for n in range(3)]
        pictures = {url: picture(f"good {n}") for n, url in enumerate(urls)}
        with traced(tmp_path, pictures=pictures) as service:
            answer = service.service.http.post(
                f"{API}/batches", json={"image_urls": urls, "callback_url": CALLBACK}
            )
            (callback,) = service.spans.named("callback")
            jobs = service.spans.named("job", 3)
            (request,) = service.spans.named(f"POST {API}/batches")

        assert {trace_of(request)} == {trace_of(span) for span in (*jobs, callback)}
        assert answer.json()["id"] == callback.attributes["studio.batch_id"]

    def test_a_message_that_is_sent_again_belongs_to_the_same_trace(self, idle):
        """The trace is with the job, not with its message, which may be lost."""
        idle.service.post(headers={"traceparent": SAMPLED})
        idle.service.parts.broker._names.get()  # the message is lost
        (job,) = idle.store.jobs.find("default").items
        idle.store.jobs.not_sent([job.id])

        Sweeper(idle.store, idle.service.parts.broker, idle.service.parts.watch, 1.0).sweep()
        queue, name = idle.service.parts.broker._names.get(timeout=5)
        idle.service.worker.handle(queue, name)

        (span,) = idle.spans.named("job")
        assert (TRACE, str(job.id)) == (f"{trace_of(span):032x}", name)

    def test_requests_beside_one_another_do_not_mix(self, service):
        def ask(number):
            service.service.post(
                f"good {number}", params={"wait": 30}, headers={"X-Request-ID": f"r{number}"}
            )

        at_once(*(lambda number=number: ask(number) for number in range(6)))

        service.spans.named("job", 6)
        requests = service.spans.named(f"POST {API}/analyse", 6)
        by_trace = {trace_of(span): span.attributes["studio.request_id"] for span in requests}
        assert 6 == len(by_trace)
        for span in service.spans.named("job", 6):
            assert by_trace[trace_of(span)] == span.attributes["studio.request_id"]
            children = [one for one in service.spans.all() if one.parent == span.context]
            assert {"analysis", "store"} == {one.name for one in children}

    def test_jobs_that_are_tried_together_have_traces_of_their_own(self, idle):
        """What was stored in one go is a step of each."""
        for number in range(3):
            idle.service.post(f"good {number}", headers={"X-Request-ID": f"r{number}"})
        parts, jobs = idle.service.parts, idle.store.jobs.find("default").items

        leases, patience = Leases(idle.store.jobs, 30.0), Patience(threading.Event())
        run_jobs(parts, leases, patience, [job.id for job in jobs], lambda: None, list)

        spans = idle.spans.named("job", 3)
        assert 3 == len({trace_of(span) for span in spans})
        for span in spans:
            assert "analysed" == span.attributes["studio.outcome"]
            children = [one for one in idle.spans.all() if one.parent == span.context]
            assert ["analysis", "store"] == sorted(one.name for one in children)
            assert {trace_of(span)} == {trace_of(one) for one in children}


class TestFromOutside:
    def test_a_trace_of_the_caller_goes_on(self, service):
        service.service.post(params={"wait": 30}, headers={"traceparent": SAMPLED})

        (request,) = service.spans.named(f"POST {API}/analyse")
        (job,) = service.spans.named("job")
        assert (TRACE, PARENT) == (f"{trace_of(request):032x}", f"{request.parent.span_id:016x}")
        assert TRACE == f"{trace_of(job):032x}"

    def test_what_the_caller_does_not_trace_is_not_traced_here(self, service):
        """Neither the request nor its job."""
        service.service.post(params={"wait": 30}, headers={"traceparent": LEFT_OUT})

        assert () == service.spans.all()
        (job,) = service.store.jobs.find("default").items
        assert job.traceparent.startswith(f"00-{TRACE}-")
        assert job.traceparent.endswith("-00")

    @pytest.mark.parametrize(
        "sent",
        [
            "",
            "nonsense",
            f"00-{'0' * 32}-{PARENT}-01",
            f"00-{TRACE}-{'0' * 16}-01",
            f"ff-{TRACE}-{PARENT}-01",
            f"00-{TRACE.upper()}-{PARENT}",
            f"00-{TRACE}-{PARENT}-01\r\nX: y".encode("unicode_escape").decode(),
        ],
    )
    def test_what_is_no_trace_begins_one_of_ours(self, service, sent):
        service.service.get("/jobs", headers={"traceparent": sent})

        (request,) = service.spans.named(f"GET {API}/jobs")
        assert request.parent is None
        assert TRACE != f"{trace_of(request):032x}"

    @pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
    def test_nobody_has_more_traced_than_our_share(self, tmp_path, ratio):
        """Whatever ids they choose, and though they say that it must be."""
        with traced(tmp_path, ratio=ratio, works=False) as service:
            for _ in range(60):
                service.service.http.get(f"{API}/models", headers={"traceparent": SAMPLED})
            count = len(service.spans.all())

        assert {0.0: count == 0, 0.5: 10 < count < 50, 1.0: count == 60}[ratio]

    def test_a_share_of_requests_is_traced_as_a_whole(self, tmp_path):
        """Of what is left out no part is seen, in no process."""
        with traced(tmp_path, ratio=0.5) as service:
            for number in range(20):
                service.service.post(f"good {number}", params={"wait": 30})
            requests = {trace_of(span) for span in service.spans.named(f"POST {API}/analyse")}
            jobs = {trace_of(span) for span in service.spans.named("job", len(requests))}

        assert requests == jobs
        assert 0 < len(requests) < 20

    def test_receivers_of_callbacks_learn_nothing_of_it(self, service):
        service.service.post(
            params={"wait": 30, "callback_url": CALLBACK},
            headers={"traceparent": SAMPLED, "X-Request-ID": "mine-1"},
        )
        service.spans.named("callback")

        (headers,) = service.receiver.came
        assert {"traceparent", "tracestate", "baggage", "x-request-id"}.isdisjoint(
            name.lower() for name in headers
        )
        assert "mine-1" not in str(headers)


class TestContent:
    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz", "/metrics"])
    def test_questions_of_machines_are_not_traced(self, service, path):
        service.service.http.get(path)
        assert () == service.spans.all()

    def test_names_are_few(self, service):
        """No address, no id and no word of a caller is in one."""
        for method, path in (
            ("GET", "/jobs/00000000-0000-4000-8000-000000000001"),
            ("GET", "/nowhere/Anna"),
            ("ANNA", "/jobs"),
        ):
            service.service.http.request(method, f"{API}{path}")

        assert [f"GET {API}/jobs/{{job_id}}", "GET", f"other {API}/jobs"] == [
            span.name for span in service.spans.all()
        ]

    def test_no_span_carries_addresses_names_or_words_of_errors(self, tmp_path):
        url = "https://pictures.example/Anna.png?sig=hunter2"
        with traced(tmp_path, pictures={url: ConnectionError(f"cannot reach {url}")}) as service:
            service.service.http.post(
                f"{API}/analyse",
                json={"image_url": url, "callback_url": CALLBACK, "subject": "customer-4711"},
            )
            service.service.post(params={"wait": 30, "callback_url": CALLBACK})
            service.spans.named("job", 2)
            service.spans.named("callback")
            told = "".join(span.to_json() for span in service.spans.all())

        for hidden in ("example", "Anna", "hunter2", "4711", "cannot reach"):
            assert hidden not in told

    def test_what_failed_is_marked_by_its_code(self, service):
        service.service.post("corrupt 1", params={"wait": 30})
        service.service.post("childless 1")

        (job, *_) = service.spans.named("job", 2)
        assert StatusCode.ERROR is job.status.status_code
        assert ("corrupt", "failed") == (
            job.attributes["error.type"],
            job.attributes["studio.outcome"],
        )
        analyses = service.spans.named("analysis", 2)
        assert ["corrupt", "crashed"] == [span.attributes["error.type"] for span in analyses[:2]]
        assert () == analyses[1].events

    def test_a_request_that_failed_by_a_defect_is_marked(self, service, monkeypatch):
        def fail(*_, **__):
            raise ZeroDivisionError("hunter2")

        monkeypatch.setattr(service.store.jobs, "find", fail)
        service.service.get("/jobs")

        (request,) = service.spans.named(f"GET {API}/jobs")
        assert StatusCode.ERROR is request.status.status_code
        assert 500 == request.attributes["http.response.status_code"]
        assert "hunter2" not in request.to_json()

    def test_a_refused_request_is_no_error_of_ours(self, service):
        service.service.get("/jobs/00000000-0000-4000-8000-000000000001")

        (request,) = service.spans.all()
        assert StatusCode.UNSET is request.status.status_code


def test_lines_of_the_log_name_trace_and_span(service, log):
    """Those of the API, of the worker and of the callback."""
    service.service.post(
        params={"wait": 30, "callback_url": CALLBACK},
        headers={"traceparent": SAMPLED, "X-Request-ID": "mine-1"},
    )
    service.spans.named("callback")

    found = {name: log.told(name)[-1] for name in ("request_log", "following", "deliver")}
    spans = service.spans.by_name()
    for name, span in {
        "request_log": f"POST {API}/analyse",
        "following": "job",
        "deliver": "callback",
    }.items():
        line = found[name]
        assert ("mine-1", TRACE) == (line["request_id"], line["trace_id"]), name
        assert f"{spans[span].context.span_id:016x}" == line["span_id"]
    (job,) = service.store.jobs.find("default").items
    assert [str(job.id)] * 2 == [found[name]["job_id"] for name in ("following", "deliver")]
    assert re.fullmatch(r"[0-9a-f-]{36}", found["deliver"]["delivery_id"])
    assert ("delivered", 200) == (found["deliver"]["state"], found["deliver"]["status"])
