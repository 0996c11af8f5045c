"""One try of a callback, and what becomes of it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from studio_detector.client.webhook import verify
from studio_detector.errors import BusyError, FetchError
from studio_detector.service.callbacks.deliver import Deliverer
from studio_detector.service.callbacks.schedule import MOST_ASKED_S, MOST_TRIES, TRIES_AFTER_S
from studio_detector.service.callbacks.sign import Signer, new_secret
from studio_detector.service.fetch.poster import Answer
from studio_detector.service.records import Delivery

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://hooks.example/in?key=hidden"
PAYLOAD = json.dumps({"type": "job.done", "data": {"name": "ä"}}, ensure_ascii=False)
SECRETS = (new_secret(), new_secret())


class Clock:
    """The time, which goes on when a test says so."""

    now = BEGUN

    def __call__(self):
        return self.now


class Receiver:
    """Answers one after another, the last one again and again; keeps what came."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.came = []

    def post(self, url, body, headers):
        self.came.append((url, body, dict(headers)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(answer)


class Shelf:
    """Deliveries in memory, by the interface of the store."""

    def __init__(self, clock, *, urls=(URL,), tenant="default"):
        self.clock = clock
        self.disabled = set()
        self.rows = {}
        self.is_lease_lost = False
        for url in urls:
            name = uuid4()
            self.rows[name] = {
                "id": name,
                "tenant": tenant,
                "url": url,
                "event": "job.done",
                "payload": PAYLOAD,
                "state": "pending",
                "attempts": 0,
                "created_at": BEGUN,
            }

    def claim(self, name):
        row = self.rows.get(name)
        if row is None or row["state"] != "pending" or row.get("lease_token"):
            return None
        if row.get("retry_at") and row["retry_at"] > self.clock():
            return None
        row.update(attempts=row["attempts"] + 1, lease_token="t")
        return Delivery(**row)

    def settle(self, name, token, *, status, error, state="pending", retry_at=None, is_try=True):
        if self.is_lease_lost or token != self.rows[name].get("lease_token"):
            return False
        self.rows[name]["attempts"] -= not is_try
        self.rows[name].update(
            lease_token=None, last_status=status, last_error=error, state=state, retry_at=retry_at
        )
        return True

    def is_disabled(self, tenant, url):
        return (tenant, url) in self.disabled

    def disable(self, tenant, url):
        self.disabled.add((tenant, url))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shelf(clock):
    return Shelf(clock)


def deliverer(shelf, receiver, *, randomly=lambda: 0.5):
    return Deliverer(shelf, receiver, Signer.of(SECRETS), clock=shelf.clock, randomly=randomly)


def only(shelf):
    (row,) = shelf.rows.values()
    return row


def tried(shelf, *answers):
    """Try the only delivery once; give its row."""
    deliverer(shelf, Receiver(*answers)).deliver(only(shelf)["id"])
    return only(shelf)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_status_from_200_to_299_is_success(shelf, status):
    row = tried(shelf, status)
    assert (row["state"], row["last_status"], row["last_error"]) == ("delivered", status, None)


@pytest.mark.parametrize(
    "status", [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 429, 500, 599]
)
def test_everything_else_is_tried_again(shelf, clock, status):
    row = tried(shelf, status)
    assert (row["state"], row["last_status"]) == ("pending", status)
    assert str(status) in row["last_error"]
    assert row["retry_at"] == clock.now + timedelta(seconds=5)


def test_a_redirect_says_what_to_do(shelf):
    assert "redirects are not followed" in tried(shelf, 302)["last_error"]


@pytest.mark.parametrize(
    "error",
    [
        FetchError("the host is away", code="fetch_failed", is_passing=True),
        FetchError("too slow", code="fetch_timeout", is_passing=True),
        FetchError("there is no such host", code="fetch_failed"),
    ],
)
def test_no_answer_is_tried_again(shelf, error):
    row = tried(shelf, error)
    assert (row["state"], row["last_status"], row["last_error"]) == ("pending", None, error.message)


def test_an_address_that_may_not_be_asked_has_failed_at_once(shelf):
    row = tried(shelf, FetchError("10.0.0.1 is private", code="fetch_refused"))
    assert (row["state"], row["last_error"]) == ("failed", "10.0.0.1 is private")


def test_a_whole_day_of_tries_follows_the_schedule_and_then_ends(shelf, clock):
    receiver = Receiver(500)
    deliver = deliverer(shelf, receiver).deliver
    times = []
    while only(shelf)["state"] == "pending":
        clock.now = only(shelf).get("retry_at") or clock.now
        times.append((clock.now - BEGUN).total_seconds())
        deliver(only(shelf)["id"])
    assert times == pytest.approx(list(TRIES_AFTER_S))
    assert len(receiver.came) == MOST_TRIES
    row = only(shelf)
    assert (row["state"], row["last_status"], row["retry_at"]) == ("failed", 500, None)
    assert "500" in row["last_error"]
    assert str(MOST_TRIES) in row["last_error"]


def test_500_and_then_200_is_delivered(shelf, clock):
    receiver = Receiver(500, 200)
    deliver = deliverer(shelf, receiver).deliver
    assert deliver(only(shelf)["id"]) == "pending"
    assert deliver(only(shelf)["id"]) is None
    clock.now += timedelta(seconds=6)
    assert deliver(only(shelf)["id"]) == "delivered"
    assert deliver(only(shelf)["id"]) is None
    assert len(receiver.came) == 2


def test_every_try_sends_the_same_bytes_and_id_with_a_fresh_time(shelf, clock):
    receiver = Receiver(500, 200)
    deliver = deliverer(shelf, receiver).deliver
    deliver(only(shelf)["id"])
    clock.now += timedelta(hours=1)
    deliver(only(shelf)["id"])
    (url, body, first), (_, again, second) = receiver.came
    assert url == URL
    assert body == again == PAYLOAD.encode()
    assert first["Content-Type"] == "application/json"
    assert first["webhook-id"] == second["webhook-id"] == str(only(shelf)["id"])
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600
    for headers, secret in ((first, SECRETS[0]), (second, SECRETS[1])):
        now = int(headers["webhook-timestamp"])
        assert verify(body, headers, secret, now=now) == json.loads(PAYLOAD)


@pytest.mark.parametrize(
    ("status", "asked_s", "expected_s"),
    [
        (429, 60.0, 60.0),
        (503, 3600.0, 3600.0),
        (429, 1.0, 5.0),
        (503, None, 5.0),
        (429, 10 * MOST_ASKED_S, MOST_ASKED_S),
        (500, 60.0, 5.0),
        (404, 60.0, 5.0),
    ],
)
def test_a_receiver_under_load_may_ask_for_time(shelf, clock, status, asked_s, expected_s):
    row = tried(shelf, Answer(status, asked_s))
    assert row["retry_at"] == clock.now + timedelta(seconds=expected_s)


LEFT_ALONE = FetchError(
    "left alone", code="fetch_failed", is_passing=True, retry_after_s=30.0, was_asked=False
)


def test_a_receiver_that_is_left_alone_costs_no_try(shelf, clock):
    """However often that is: its callbacks come soon after it is back."""
    deliver = deliverer(shelf, Receiver(*[LEFT_ALONE] * 40, 200), randomly=lambda: 0.5).deliver
    for _ in range(40):
        assert deliver(only(shelf)["id"]) == "pending"
        assert only(shelf)["attempts"] == 0
        assert only(shelf)["retry_at"] == clock.now + timedelta(seconds=45)
        clock.now += timedelta(seconds=45)
    assert deliver(only(shelf)["id"]) == "delivered"
    assert only(shelf)["attempts"] == 1


def test_a_receiver_that_is_left_alone_for_days_is_given_up(shelf, clock):
    """After a day the schedule counts again, and ends."""
    deliver = deliverer(shelf, Receiver(LEFT_ALONE)).deliver
    for _ in range(10_000):
        if deliver(only(shelf)["id"]) == "failed":
            break
        clock.now = only(shelf)["retry_at"]
    assert only(shelf)["state"] == "failed"
    assert clock.now - BEGUN > timedelta(days=1)


def test_jitter_spreads_the_tries(shelf, clock):
    receiver = Receiver(500)
    deliverer(shelf, receiver, randomly=lambda: 1.0).deliver(only(shelf)["id"])
    assert only(shelf)["retry_at"] == clock.now + timedelta(seconds=5.5)


class TestGone:
    """410 ends the callbacks to that address, for that tenant."""

    def test_it_disables_this_one_and_all_that_follow(self, clock):
        shelf = Shelf(clock, urls=(URL, URL, "https://hooks.example/other"))
        receiver = Receiver(410, 200)
        deliver = deliverer(shelf, receiver).deliver
        states = [deliver(name) for name in shelf.rows]
        assert states == ["disabled", "disabled", "delivered"]
        assert [url for url, *_ in receiver.came] == [URL, "https://hooks.example/other"]

    def test_it_says_why(self, shelf):
        row = tried(shelf, 410)
        assert (row["state"], row["last_status"]) == ("disabled", 410)
        assert "410" in row["last_error"]

    def test_another_tenant_goes_on(self, clock, shelf):
        tried(shelf, 410)
        other = Shelf(clock, tenant="other")
        other.disabled = shelf.disabled
        assert tried(other, 200)["state"] == "delivered"


@pytest.mark.parametrize("name", [uuid4(), UUID(int=0)])
def test_one_that_is_not_there_is_nothing_to_do(shelf, name):
    receiver = Receiver(200)
    assert deliverer(shelf, receiver).deliver(name) is None
    assert receiver.came == []


def test_one_that_another_has_is_left_to_it(shelf):
    shelf.claim(only(shelf)["id"])
    receiver = Receiver(200)
    assert deliverer(shelf, receiver).deliver(only(shelf)["id"]) is None
    assert receiver.came == []


def test_a_lost_lease_is_mentioned_and_changes_nothing(shelf, caplog):
    shelf.is_lease_lost = True
    with caplog.at_level(logging.WARNING):
        tried(shelf, 200)
    assert "twice" in caplog.text
    assert only(shelf)["state"] == "pending"


def test_a_store_that_is_away_is_for_the_caller(shelf):
    def away(*_, **__):
        raise BusyError("the database is away", code="store_unavailable")

    shelf.settle = away
    with pytest.raises(BusyError):
        tried(shelf, 200)


def test_the_log_holds_neither_address_nor_secret(shelf, caplog):
    with caplog.at_level(logging.DEBUG):
        tried(shelf, 500)
    assert str(only(shelf)["id"]) in caplog.text
    for hidden in ("hooks.example", "hidden", *SECRETS):
        assert hidden not in caplog.text


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (200, "delivered"),
        (500, "failed"),
        (302, "failed"),
        (410, "gone"),
        (FetchError("no", code="fetch_refused"), "refused"),
        (FetchError("slow", code="fetch_timeout", is_passing=True), "failed"),
        (FetchError("later", code="fetch_failed", was_asked=False), "put_off"),
    ],
)
def test_each_try_is_counted_by_how_it_ended(shelf, answer, told):
    """What is not due is none."""
    counted = []
    trying = Deliverer(
        shelf, Receiver(answer), Signer.of(SECRETS), clock=shelf.clock, count=counted.append
    )

    trying.deliver(only(shelf)["id"])
    trying.deliver(uuid4())

    assert [told] == counted
