"""How often: told in headers, counted before the body is read, and nobody pays for another."""

from __future__ import annotations

import itertools
import json
import re
import threading
from dataclasses import replace

from api_service import API, PNG
from door_examples import ask, bearer, key
from studio_detector.service.api.app import create_app
from studio_detector.service.rates.base import Verdict

KIND = {"Content-Type": "image/png"}
NOBODY = {"rate_key": "none", "rate_tenant": "none", "rate_address": "none", "rate_global": "none"}
FIELD = re.compile(r'"(\w+)";r=(\d+);t=(\d+)')
POLICY = re.compile(r'"(\w+)";q=(\d+);w=(\d+)')


def is_limited(answer):
    return answer.status == 429 and json.loads(answer.body)["code"] == "rate_limited"


def flooded(service, count, **more):
    """Statuses of many requests."""
    return [ask(service, "GET", f"{API}/jobs", **more).status for _ in range(count)]


def posted(service, headers, word):
    """The answer to a picture."""
    return ask(service, "POST", f"{API}/analyse", body=[PNG + word], headers=headers)


class TestLimits:
    def test_each_key_has_its_own(self, serve):
        """The flood of one takes nothing from another, not even of the same tenant."""
        with serve(works=False, auth="keys", **NOBODY | {"rate_key": "5/hour"}) as service:
            loud, quiet = bearer(key(service)), bearer(key(service))

            refused = flooded(service, 50, headers=loud).count(429)
            passed = flooded(service, 5, headers=quiet)

        assert 45 == refused
        assert [200] * 5 == passed

    def test_each_tenant_has_its_own(self, serve):
        """However many keys it has."""
        with serve(works=False, auth="keys", **NOBODY | {"rate_tenant": "5/hour"}) as service:
            ours = [bearer(key(service, tenant="a")) for _ in range(3)]
            theirs = bearer(key(service, tenant="b"))

            statuses = [flooded(service, 3, headers=known) for known in ours]

            assert 5 == [*itertools.chain(*statuses)].count(200)
            assert [200] == flooded(service, 1, headers=theirs)

    def test_each_address_has_its_own(self, serve):
        """Behind a proxy that is trusted, that of the caller; with IPv6, each network of a host."""
        with serve(
            works=False, trusted_proxies=("10.0.0.0/8",), **NOBODY | {"rate_address": "2/hour"}
        ) as service:
            proxy = {"client": ("10.0.0.1", 1)}
            behind = flooded(service, 3, headers={"X-Forwarded-For": "9.9.9.9"}, **proxy)
            other = flooded(service, 1, headers={"X-Forwarded-For": "9.9.9.8"}, **proxy)
            lying = [
                ask(
                    service, "GET", f"{API}/jobs", client=("8.8.8.8", 1),
                    headers={"X-Forwarded-For": f"7.7.7.{n}"},
                ).status
                for n in range(3)
            ]  # fmt: skip
            same = [
                ask(service, "GET", f"{API}/jobs", client=(f"2001:db8::{n}", 1)).status
                for n in range(1, 4)
            ]

        assert [200, 200, 429] == behind
        assert [200] == other
        assert [200, 200, 429] == lying
        assert [200, 200, 429] == same

    def test_all_together_have_one(self, serve):
        """Whoever they are."""
        with serve(works=False, **NOBODY | {"rate_global": "3/hour"}) as service:
            statuses = [
                ask(service, "GET", f"{API}/jobs", client=(f"9.9.9.{n}", 1)).status
                for n in range(4)
            ]

        assert [200, 200, 200, 429] == statuses

    def test_no_byte_of_a_body_is_read_of_who_asks_too_often(self, serve):
        """Nor is the key looked up."""
        with serve(works=False, auth="keys", **NOBODY | {"rate_address": "1/hour"}) as service:
            asked = []
            authenticator = service.parts.authenticator
            known = bearer(key(service))
            ask(service, "GET", f"{API}/jobs", headers=known)
            authenticator.authenticate = asked.append
            other = bearer("sk_another")

            answer = ask(service, "POST", f"{API}/analyse", headers={**KIND, **other})

        assert is_limited(answer)
        assert (0, []) == (answer.reads, asked)

    def test_the_health_of_the_service_is_always_told(self, serve):
        """Or who minds it would kill it when it is needed most."""
        with serve(works=False, **NOBODY | {"rate_global": "1/hour"}) as service:
            flooded(service, 3)

            assert [200] * 5 == [ask(service, "GET", "/livez").status for _ in range(5)]

    def test_ten_times_what_is_allowed_is_shed(self, serve):
        """And nothing of it reaches a handler; another key does not notice."""
        with serve(works=False, auth="keys", **NOBODY | {"rate_key": "20/hour"}) as service:
            loud, quiet = (
                {**bearer(key(service, tenant=tenant)), **KIND} for tenant in ("loud", "quiet")
            )
            found = {"loud": [], "quiet": []}
            for n in range(200):
                found["loud"].append(posted(service, loud, b"good %d" % n))
                if n % 10 == 0:
                    found["quiet"].append(posted(service, quiet, b"good 1"))
            jobs = service.parts.store.jobs.backlog()

        shed = [answer for answer in found["loud"] if answer.status == 429]
        assert 180 == len(shed)
        assert {0} == {answer.reads for answer in shed}
        assert [202] * 20 == [answer.status for answer in found["quiet"]]
        # Those of the quiet one are of one picture, so that one of them is analysed.
        assert 40 == jobs


class TestTries:
    def test_who_tries_keys_is_soon_refused_and_who_has_one_is_not(self, serve):
        """Though both come from one address."""
        with serve(works=False, auth="keys", rate_failed="3/hour") as service:
            known = bearer(key(service))
            flooded(service, 1, headers=known)
            tries = flooded(service, 6, headers=bearer("sk_" + "A" * 20))
            unknown = flooded(service, 1, headers=bearer(key(service)))
            good = flooded(service, 2, headers=known)
            elsewhere = flooded(service, 1, headers=bearer(key(service)), client=("203.0.113.9", 1))

        assert [401, 401, 401, 429, 429, 429] == tries
        # A key that was not seen before cannot be told from a try.
        assert [429] == unknown
        assert [200, 200] == good
        assert [200] == elsewhere

    def test_who_sends_no_key_tries_none(self, serve):
        """Browsers and people who are new here do."""
        with serve(works=False, auth="keys", rate_failed="3/hour") as service:
            assert [401] * 6 == flooded(service, 6)
            assert [200] == flooded(service, 1, headers=bearer(key(service)))


class TestHeaders:
    def test_every_answer_tells_what_is_left(self, serve):
        """In the names of the current draft; of the limit that is nearest to its end."""
        limits = NOBODY | {"rate_tenant": "4/minute", "rate_address": "100/hour"}
        with serve(works=False, **limits) as service:
            answers = [ask(service, "GET", f"{API}/jobs") for _ in range(5)]

        fields = [FIELD.fullmatch(answer.headers["ratelimit"]) for answer in answers]
        policies = {answer.headers["ratelimit-policy"] for answer in answers}
        assert ["3", "2", "1", "0", "0"] == [field[2] for field in fields]
        assert {'"tenant";q=4;w=60'} == policies
        assert is_limited(answers[-1])
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 120
        assert fields[-1][3] == answers[-1].headers["retry-after"]
        assert "4 requests of this tenant are taken a minute" in answers[-1].body.decode()

    def test_without_limits_nothing_is_told(self, serve):
        """There is nothing to tell."""
        with serve(works=False, **NOBODY) as service:
            assert "ratelimit" not in ask(service, "GET", f"{API}/jobs").headers

    def test_of_two_limits_the_one_is_told_that_refuses(self, serve):
        """Though another has less left in proportion."""
        limits = NOBODY | {"rate_key": "2/hour", "rate_address": "100/hour"}
        with serve(works=False, auth="keys", **limits) as service:
            known = bearer(key(service))
            answers = [ask(service, "GET", f"{API}/jobs", headers=known) for _ in range(3)]

        assert ["key"] * 3 == [FIELD.fullmatch(a.headers["ratelimit"])[1] for a in answers]


class FarRates:
    """Counts on another machine: a call may wait, and so must not be made on the event loop."""

    is_far = True

    def __init__(self):
        self.hits = []

    def hit(self, names, *, is_trial=False):
        self.hits.append((threading.current_thread().name, tuple(names), is_trial))
        return Verdict(is_allowed=True, kind="key", limit=9, window_s=60, remaining=5, reset_s=3.0)


def test_counts_on_another_machine_are_asked_in_a_thread(serve):
    """Once, where the key is known from memory; all limits together."""
    with serve(works=False, auth="keys") as service:
        far = FarRates()
        service.app = create_app(replace(service.parts, rates=far))
        known = bearer(key(service))
        first = ask(service, "GET", f"{API}/jobs", headers=known)
        counted, far.hits = far.hits, []
        second = ask(service, "GET", f"{API}/jobs", headers=known)

    assert (200, 200) == (first.status, second.status)
    names = [names for _, names, _ in counted]
    assert [("address", "global"), ("failed",), ("key", "tenant")] == names
    assert [False, True, False] == [is_trial for _, _, is_trial in counted]
    assert [("address", "global", "key", "tenant")] == [names for _, names, _ in far.hits]
    assert all("AnyIO" in thread for thread, _, _ in (*counted, *far.hits))


def test_megapixels_are_counted_too(serve):
    """Those of the picture, before a job is made of it."""
    size = b"\0\0\0\rIHDR" + (2000).to_bytes(4, "big") + (2000).to_bytes(4, "big")
    with serve(works=False, rate_megapixels="5/hour") as service:
        answers = [
            ask(service, "POST", f"{API}/analyse", body=[PNG + size + b"%d" % n], headers=KIND)
            for n in range(3)
        ]
        jobs = service.parts.store.jobs.backlog()

    assert [202, 429, 429] == [answer.status for answer in answers]
    assert is_limited(answers[-1])
    assert 1 == jobs
