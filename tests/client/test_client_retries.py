"""When a request is sent again, and when not."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import Response

from fake_service import problem
from studio_detector.client import Client, RemoteError, RetryPolicy
from studio_detector.client.exchange import Core, exchange
from studio_detector.client.steps import Broken, Pause, Reply, Request, Send
from studio_detector.errors import ConfigError


def _busy(code="backlog_full", status=429, **headers):
    return problem(code, status, "too many jobs wait; try again later", **headers)


def _cut(_request):
    return Response([b"{"], headers={"Content-Length": "100"})


class TestAgainstAServer:
    @pytest.mark.parametrize(
        "answer",
        [
            _busy(),
            _busy("draining", 503),
            _busy("store_unavailable", 503),
            Response("Bad Gateway", 502),
            Response("", 503),
            Response("<html>", 504),
        ],
        ids=lambda answer: answer.status,
    )
    def test_what_passes_is_tried_again(self, client, service, answer):
        """Until it has passed, and as the same request."""
        service.answers += [answer, answer]

        assert "studio" == client.analyse(b"studio").label

        assert 3 == len(service.seen)
        assert 1 == len({service.key(at) for at in range(3)})
        assert 1 == len(service.jobs)

    def test_an_answer_that_got_lost_does_not_make_two_jobs(self, client, service):
        """The service knows the request by its key."""

        def lost(request):
            service._analyse(request, {})
            return _cut(request)

        service.answers += [lost]

        assert "studio" == client.analyse(b"studio").label
        assert 1 == len(service.jobs)

    def test_two_calls_are_two_requests(self, client, service):
        """Unless one says that they are the same."""
        client.submit(b"studio")
        client.submit(b"studio")
        assert 2 == len({service.key(at) for at in range(2)})

        one = client.submit(b"studio", idempotency_key="mine")
        other = client.submit(b"studio", idempotency_key="mine")

        assert one.id == other.id
        assert "mine" == service.key()

    def test_a_file_is_sent_whole_each_time(self, client, service, tmp_path):
        """From the disk, from memory and from a file that was opened once."""
        path = tmp_path / "a.jpg"
        path.write_bytes(b"studio" * 10_000)
        with path.open("rb") as opened:
            for source in (path, path.read_bytes(), opened):
                service.answers.append(_busy())
                client.submit(source)

        assert 1 == len({job["image_hash"] for job in service.jobs.values()})

    @pytest.mark.parametrize(
        "answer",
        [
            problem("corrupt", 422, "it is damaged; copy it again"),
            problem("fetch_failed", 502, "the host gave no picture; check the address"),
            problem("fetch_timeout", 504, "the host took too long; try later"),
            problem("internal", 500, "a defect"),
            problem("storage_full", 507, "no room"),
        ],
        ids=lambda answer: answer.status,
    )
    def test_what_asking_again_does_not_change_is_asked_once(self, client, service, answer):
        """The code tells, where the status does not."""
        service.answers.append(answer)

        with pytest.raises(RemoteError):
            client.analyse("https://pictures.example/studio")

        assert 1 == len(service.seen)

    def test_it_gives_up_after_as_many_tries_as_it_was_told(self, client, service):
        """And says what the service said last."""
        service.answers += [_busy() for _ in range(10)]

        with pytest.raises(RemoteError, match="too many jobs wait") as caught:
            client.analyse(b"studio")

        assert ("backlog_full", 429) == (caught.value.code, caught.value.status)
        assert 4 == len(service.seen)

    def test_a_service_that_asks_for_more_time_than_one_has_is_left_alone(self, client, service):
        """How much it asked for is in the error."""
        service.answers.append(_busy(**{"Retry-After": "3600"}))

        with pytest.raises(RemoteError) as caught:
            client.analyse(b"studio")

        assert 3600 == caught.value.retry_after_s
        assert 1 == len(service.seen)

    def test_what_must_not_happen_twice_is_not_repeated_when_in_doubt(self, client, service):
        """Feedback that may have been stored; feedback that was refused is sent again."""
        result = client.analyse(b"studio")
        service.seen.clear()
        service.answers += [_busy(), _busy("draining", 503)]
        client.feedback(result.id, "studio")
        assert 3 == len(service.seen)

        for doubtful in (_cut, Response("", 502), Response("", 504)):
            service.seen.clear()
            service.answers.append(doubtful)
            with pytest.raises(RemoteError):
                client.feedback(result.id, "studio")
            assert 1 == len(service.seen)

    def test_a_service_that_is_not_there_is_unreachable(self, connect):
        """With the next step, and without what the address may hide."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            client = connect(f"http://user:secret@127.0.0.1:{port}")
            for call in (client.health, client.version, lambda: client.analyse(b"studio")):
                with pytest.raises(RemoteError, match=f"curl http://127.0.0.1:{port}") as caught:
                    call()
                assert "service_unreachable" == caught.value.code
                assert caught.value.status is None
                assert "secret" not in caught.value.message

    @pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://a", "http://", "http://a:b", "x"])
    def test_an_address_that_is_none_is_refused_at_once(self, connect, url):
        """With an example of one."""
        with pytest.raises(ConfigError, match=r"http://127\.0\.0\.1:8000") as caught:
            connect(url)

        assert "config_invalid_value" == caught.value.code


class TestPauses:
    @given(
        st.builds(
            RetryPolicy,
            tries=st.integers(1, 10),
            first_s=st.floats(0.01, 5),
            most_s=st.floats(5, 100),
        ),
        st.integers(1, 2000),
        st.floats(0, 1),
    )
    def test_they_grow_up_to_a_bound_and_end(self, policy, failures, chance):
        """At random, but never less than half."""
        pause_s = policy.pause_s(failures, None, chance)

        if failures >= policy.tries:
            assert pause_s is None
        else:
            longest = min(policy.most_s, policy.first_s * 2 ** (failures - 1))
            assert longest / 2 <= pause_s <= longest

    @given(st.floats(0, 60), st.floats(0, 1))
    def test_what_the_service_asks_for_is_the_least(self, asked_s, chance):
        """And not much more."""
        pause_s = RetryPolicy(most_s=60).pause_s(1, asked_s, chance)

        assert asked_s <= pause_s <= asked_s * 1.1

    def _pauses(self, *replies):
        core = Core(origin="http://x", policy=RetryPolicy(first_s=8, most_s=100), chance=lambda: 1)
        steps = exchange(core, Request(method="GET", path="/"))
        pauses = []
        step = next(steps)
        for reply in replies:
            assert isinstance(step, Send)
            try:
                step = steps.send(reply)
            except StopIteration:
                break
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                step = steps.send(None)
        return pauses

    def test_they_double(self):
        """From the first."""
        broken = Broken(reason="x", was_sent=True)

        assert [8, 16, 32, 64] == self._pauses(*[broken] * 4, Reply(status=200, headers={}))

    def test_retry_after_is_read_in_both_forms(self):
        """Seconds and dates; what makes no sense is left alone."""
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
        past = format_datetime(datetime.now(UTC) - timedelta(days=50), usegmt=True)

        seconds, date, gone, nonsense = (
            self._pauses(
                Reply(status=429, headers={"retry-after": text}), Reply(status=200, headers={})
            )[0]
            for text in ("30", soon, past, "soon")
        )

        assert 33 == pytest.approx(seconds)
        assert 45 < date < 56
        assert 0 == gone
        assert 8 == nonsense


def test_a_client_is_used_by_many_threads(service):
    """One pool of connections for all."""
    from concurrent.futures import ThreadPoolExecutor

    with Client(service.url) as client, ThreadPoolExecutor(8) as pool:
        labels = list(pool.map(lambda n: client.analyse(f"natural {n}".encode()).label, range(40)))

    assert ["natural"] * 40 == labels
