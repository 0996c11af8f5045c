"""Small parts of the store: cursors, pauses, JSON, and the plans of its queries."""

from __future__ import annotations

import contextlib
import json
import random
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url

from service.store.store_examples import (
    TENANT,
    accept_one,
    begin,
    finish_with,
    new_job,
    new_result,
    picture,
)
from studio_detector.errors import RequestError
from studio_detector.service.store import Spared, cursors
from studio_detector.service.store.terms import Terms, plain_payload
from studio_detector.service.store.types import to_json

moments = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moments, st.uuids())
def test_a_cursor_is_read_as_it_was_written(moment, mark):
    assert cursors.moment_and_id("jobs", cursors.written("jobs", moment, mark)) == (moment, mark)


@given(moments, st.integers(0, 2**63 - 2))
def test_a_cursor_of_numbers_likewise(moment, number):
    cursor = cursors.written("results", moment, number)
    assert cursors.moment_and_number("results", cursor) == (moment, number)


@given(st.text(max_size=300))
def test_no_text_makes_a_cursor_fail_otherwise_than_by_refusal(text):
    for read in (cursors.moment_and_id, cursors.moment_and_number):
        with pytest.raises(RequestError) as caught:
            read("jobs", text)
        assert caught.value.code == "request_invalid"


@given(moments, st.uuids(), st.data())
def test_a_cursor_with_one_letter_changed_is_refused(moment, mark, data):
    cursor = cursors.written("jobs", moment, mark)
    # The last letter carries bits that stand for nothing.
    place = data.draw(st.integers(0, len(cursor) - 2))
    letter = data.draw(st.sampled_from("abcXYZ019-_").filter(lambda c: c != cursor[place]))
    with pytest.raises(RequestError):
        cursors.moment_and_id("jobs", cursor[:place] + letter + cursor[place + 1 :])


@pytest.mark.parametrize(
    "body", [[None, "x"], ["1", "x"], [1, 2], [1], 5, [10**30, str(uuid4())], [1, "no id"]]
)
def test_a_cursor_that_fits_its_check_and_not_the_list_is_refused(monkeypatch, body):
    """Whoever knows the check can write anything."""
    monkeypatch.setattr(cursors, "_check", lambda _kind, _body: b"123456")
    text = cursors.base64.urlsafe_b64encode(b"123456" + json.dumps(body).encode()).decode()
    for read in (cursors.moment_and_id, cursors.moment_and_number):
        with pytest.raises(RequestError):
            read("jobs", text)


@given(st.integers(1, 2000), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e9)), moments)
def test_pauses_double_within_their_bounds(attempts, chance, asked, now):
    terms = Terms(
        clock=lambda: now,
        lease_s=30.0,
        retry_first_s=2.0,
        retry_most_s=600.0,
        delivery_lease_s=60.0,
        payload_of=plain_payload,
        jitter=lambda: chance,
    )
    pause = (terms.retry_at(now, attempts, asked) - now).total_seconds()
    full = min(2.0 * 2.0 ** min(attempts - 1, 20), 600.0)
    assert 0.5 * full - 1e-3 <= pause <= 600.0
    assert pause >= min(asked or 0.0, 600.0) - 1e-3
    assert asked is not None or pause <= full + 1e-3


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@given(json_values)
def test_json_text_never_holds_what_a_database_refuses(value):
    text = to_json(value)
    back = json.loads(text)
    if "\\u0000" not in json.dumps(value) and "\\ud" not in json.dumps(value):
        assert back == value
    assert "\0" not in str(back)
    text.encode()
    str(json.dumps(back, ensure_ascii=False)).encode()  # no half of a surrogate pair


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_unknown(number):
    assert json.loads(to_json({"x": [number]})) == {"x": [None]}


_DOES_SOMETHING = re.compile("SELECT|INSERT|UPDATE|DELETE")


@contextlib.contextmanager
def traced():
    """Statements, with their values, of the connections that are made in the block."""
    statements = []

    def trace(driver, _record):
        driver.set_trace_callback(statements.append)

    event.listen(Engine, "connect", trace)
    try:
        yield statements
    finally:
        event.remove(Engine, "connect", trace)


def done_by(url, opened, act):
    """What SQLite is told to do by ``act``, which is called with a store."""
    with traced() as statements:
        store = opened(url)
        del statements[:]
        act(store)
    return [statement for statement in statements if _DOES_SOMETHING.match(statement)]


def plans(url, statements):
    """How SQLite finds the rows of statements."""
    with contextlib.closing(sqlite3.connect(make_url(url).database)) as database:
        return [
            row[3]
            for statement in statements
            if not statement.startswith("INSERT")
            for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]


@pytest.mark.parametrize(
    ("act", "index"),
    [
        (lambda store: store.jobs.unsent(10), "jobs_unsent"),
        (lambda store: store.jobs.stale("standard", 1.0, 10), "jobs_sent"),
        (lambda store: store.jobs.expire(), "jobs_leased"),
        (lambda store: store.jobs.expire(), "jobs_following"),
        (lambda store: store.jobs.renew("x"), "jobs_leased"),
        (lambda store: store.jobs.release("x"), "jobs_leased"),
        (lambda store: store.jobs.backlog(), "jobs_leased"),
        (lambda store: store.jobs.find(TENANT), "jobs_newest"),
        (lambda store: store.jobs.find(TENANT, "dead"), "jobs_newest_of_state"),
        (lambda store: store.jobs.counts(), "COVERING INDEX jobs_counts"),
        (lambda store: store.jobs.unfinished(TENANT), "jobs_newest_of_state"),
        (lambda store: store.observations.now(), "COVERING INDEX jobs_counts"),
        (lambda store: store.observations.now(), "deliveries_pending"),
        (lambda store: store.observations.now(), "deliveries_failed"),
        (lambda store: store.results.find(TENANT), "results_newest"),
        (lambda store: store.deliveries.due(10), "deliveries_pending"),
        (lambda store: store.pictures.unneeded(store.clock()), "pictures_oldest"),
        (lambda store: store.pictures.unneeded(store.clock()), "jobs_of_picture"),
        (
            lambda store: store.pictures.unneeded(
                store.clock(), spared=Spared(since=store.clock(), faults={"corrupt"})
            ),
            "jobs_of_picture",
        ),
    ],
)
def test_what_runs_all_the_time_looks_into_an_index(sqlite_url, opened, act, index):
    """Whatever lies in the table: done jobs stay for weeks."""
    found = plans(sqlite_url, done_by(sqlite_url, opened, act))
    assert any(index in step for step in found), found
    assert not [step for step in found if step in {"SCAN jobs", "SCAN results", "SCAN pictures"}]


def test_what_runs_for_each_picture_finds_its_rows_by_name(sqlite_url, opened):
    """And looks through nothing that a tenant has: that grows for weeks."""

    def act(store):
        jobs = store.jobs.accept([new_job(name) for name in range(4)])
        store.jobs.accept([new_job("alone")])
        running = store.jobs.claim_new([job.id for job in jobs], "worker")
        ends = [(job.id, job.lease_token, new_result(n)) for n, job in enumerate(running)]
        done = store.jobs.finish_all(ends)
        store.results.are_there(TENANT, [job.result_id for job in done])
        names = [(TENANT, picture(name)) for name in range(4)]
        store.data_keys.get_some(names)
        store.pictures.forget_some(
            TENANT,
            [image_hash for _, image_hash in names],
            before=store.clock() + timedelta(seconds=1),
            delete=lambda image_hash: store.data_keys.shred(TENANT, image_hash, lambda _: None),
            spared=Spared(since=store.clock(), faults={"corrupt"}),
        )

    steps = plans(sqlite_url, done_by(sqlite_url, opened, act))
    found = [step for step in steps if not step.startswith("CORRELATED")]

    assert len(found) >= 12
    rows = r"\((id|leader_id|job_id|tenant=\? AND image_hash)=\?"
    assert [] == [step for step in found if not re.search(rows, step)]


def test_one_job_takes_few_statements(sqlite_url, opened):
    """Each costs about as much as the next, so their number is the price of a job."""

    def act(store):
        job = accept_one(store, new_job("a"))
        store.jobs.sent([job.id])
        finish_with(store, begin(store, job), "a")

    assert 5 <= len(done_by(sqlite_url, opened, act)) <= 10


def test_chance_spreads_what_failed_together(sqlite_url, opened, clock):
    store = opened(sqlite_url, jitter=random.Random(5).random)
    moments_ = set()
    for number in range(20):
        running = begin(store, accept_one(store, new_job(number)))
        failed = store.jobs.fail(running.id, running.lease_token, "x", "", is_passing=True)
        pause = failed.retry_at - clock.now
        assert timedelta(seconds=1) <= pause <= timedelta(seconds=2)
        moments_.add(failed.retry_at)
    assert len(moments_) > 15
