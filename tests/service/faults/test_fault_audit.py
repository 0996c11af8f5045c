"""The audit of the fault runs sees what it is there to see: loss, doubles, wrong ends."""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from service_servers import postgres_url
from studio_detector.service.records import DEFAULT_TENANT, NewJob, NewResult, Work
from studio_detector.service.store import open_store
from tools.faults.audit import Accepted, audit
from tools.faults.truth import Database, JobRow, ResultRow, Truth, plain_id

_WORK = Work(variant="default", pipeline_version="1", phases="auto")


def job(number, **changes):
    """A job that is done as it must be."""
    values = {
        "id": f"{number:032x}",
        "state": "done",
        "image_hash": f"{number:064x}",
        "attempts": 1,
        "answer": "analysed",
        "result_id": f"r{number}",
        "error_code": None,
    }
    return JobRow(**{**values, **changes})


def result(number, **changes):
    """The result of that job."""
    image_hash = f"{number:064x}"
    key = ("default", image_hash, "default", "1")
    return ResultRow(**{"id": f"r{number}", "image_hash": image_hash, "key": key, **changes})


def accepted(number, **changes):
    """What the client was told of that job."""
    return Accepted(job_id=f"{number:032x}", image_hash=f"{number:064x}", **changes)


def truth(jobs, results, ends=None):
    """A database with these rows."""
    ends = Counter(one.id for one in jobs) if ends is None else ends
    return Truth(jobs=jobs, results=results, ends=ends)


class TestRules:
    """Rows in memory, one fault planted at a time."""

    def test_what_is_as_promised_is_no_problem(self):
        """Every number is what it says."""
        found = audit([accepted(1), accepted(2)], truth([job(1), job(2)], [result(1), result(2)]))

        assert () == found.problems
        assert (2, 2, 0, 2) == (found.jobs_in, found.done, found.dead, found.results)
        assert (0, 0, 0) == (found.lost, found.stored_twice, found.ended_twice)

    def test_copies_share_a_result(self):
        """Two jobs, one picture, one row."""
        copy = job(2, image_hash=job(1).image_hash, result_id="r1", answer="shared")
        asked = replace(accepted(2), image_hash=job(1).image_hash)
        found = audit([accepted(1), asked], truth([job(1), copy], [result(1)]))

        assert () == found.problems
        assert (2, 1) == (found.done, found.results)

    def test_a_job_that_is_not_there_is_lost(self):
        """Planted: the row is gone."""
        found = audit([accepted(1), accepted(2)], truth([job(1)], [result(1)]))

        assert 1 == found.lost
        assert "lost" in found.problems[0]
        assert job(2).id in found.problems[0]

    @pytest.mark.parametrize("state", ["queued", "running", "cancelled"])
    def test_a_job_that_never_ended_is_lost(self, state):
        """Planted: the row is there and nobody works on it."""
        left = job(2, state=state, result_id=None, answer=None)
        found = audit([accepted(1), accepted(2)], truth([job(1), left], [result(1)]))

        assert 1 == found.lost
        assert found.problems

    def test_a_second_result_of_the_same_work_is_seen(self):
        """Planted: two rows with one key."""
        found = audit([accepted(1)], truth([job(1)], [result(1), result(1, id="r9")]))

        assert 1 == found.stored_twice
        assert "stored more than once" in found.problems[0]

    def test_a_job_that_nobody_was_told_of_is_seen(self):
        """Planted: a request without an answer was accepted beside its repetition."""
        found = audit([accepted(1)], truth([job(1), job(2)], [result(1), result(2)]))

        assert 1 == found.stored_twice
        assert found.problems

    def test_a_job_that_ended_twice_is_seen(self):
        """Planted: it looks like one that ended once."""
        found = audit([accepted(1)], truth([job(1)], [result(1)], Counter({job(1).id: 2})))

        assert 1 == found.ended_twice
        assert found.problems

    @pytest.mark.parametrize(
        "wrong",
        [
            {"state": "dead", "error_code": "attempts_exhausted", "result_id": None},
            {"image_hash": f"{7:064x}"},
            {"result_id": "r2"},
            {"result_id": None},
        ],
    )
    def test_a_wrong_end_is_seen(self, wrong):
        """Planted: dead without need, about another picture, with another's result or none."""
        jobs = [job(1, **wrong), job(2)]
        found = audit([accepted(1), accepted(2)], truth(jobs, [result(1), result(2)]))

        assert any("not as posted" in problem for problem in found.problems)

    def test_a_picture_that_must_fail_must_fail_with_its_code(self):
        """And nothing else will do."""
        dead = job(1, state="dead", error_code="timeout", result_id=None, answer=None)
        asked = accepted(1, codes=frozenset({"timeout"}))

        assert () == audit([asked], truth([dead], [])).problems
        assert audit([asked], truth([replace(dead, error_code="crashed")], [])).problems
        assert audit([asked], truth([job(1)], [result(1)])).problems

    def test_one_job_for_two_requests_is_seen(self):
        """Planted: the service answered two requests with the same id."""
        found = audit([accepted(1), accepted(1)], truth([job(1)], [result(1)]))

        assert any("several requests" in problem for problem in found.problems)

    def test_a_result_without_a_job_is_seen(self):
        """Planted: more results than pictures that are done."""
        found = audit([accepted(1)], truth([job(1)], [result(1), result(2)]))

        assert any("2 results of 1 pictures" in problem for problem in found.problems)


@pytest.fixture
def sqlite(tmp_path):
    """Address of a database of one's own."""
    return f"sqlite:///{tmp_path / 'studio.db'}"


@pytest.fixture
def postgres():
    """Address of a database of one's own."""
    engine = create_engine(postgres_url(), isolation_level="AUTOCOMMIT")
    name = f"faults_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield engine.url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def verdict(image_hash):
    return NewResult(
        tenant=DEFAULT_TENANT,
        image_hash=image_hash,
        work=_WORK,
        confidence=0.9,
        is_studio=True,
        label="studio",
        phase="lighting",
        lighting_confidence=0.9,
        perceptual_hash=None,
        perceptual_quality=None,
        phase1_results={},
        phase3_results=None,
        evidence={},
        model="m",
        report={},
        processing_time_ms=1.0,
    )


def promise(image_hash):
    return NewJob(id=uuid.uuid4(), tenant=DEFAULT_TENANT, work=_WORK, image_hash=image_hash)


class BaseTruthTest:
    """Read from the tables of the service, past its code."""

    @pytest.fixture
    def parts(self, url):
        store = open_store(url, clock=lambda: datetime.now(UTC))
        database = Database(url)
        database.watch()
        yield store, database
        database.close()
        store.close()

    def test_jobs_and_results_are_read_as_they_are(self, parts):
        """One done, one that follows it, one that waits."""
        store, database = parts
        new = [promise(f"{1:064x}"), promise(f"{1:064x}"), promise(f"{2:064x}")]
        store.jobs.accept(new)
        claimed = store.jobs.claim(new[0].id, "me")
        store.jobs.finish(new[0].id, claimed.lease_token, verdict(f"{1:064x}"))
        asked = [Accepted(job_id=plain_id(one.id), image_hash=one.image_hash) for one in new]
        found = audit(asked, database.truth())

        assert {"done": 2, "queued": 1} == database.counts()
        assert [plain_id(new[2].id)] == database.queued()
        assert (3, 2, 1, 1) == (found.jobs_in, found.done, found.results, found.lost)
        assert (0, 0) == (found.stored_twice, found.ended_twice)
        assert 1 == len(found.problems)

    def test_an_end_is_counted_each_time(self, parts, url):
        """Planted: somebody makes a job running again, and it ends a second time."""
        store, database = parts
        new = promise(f"{1:064x}")
        store.jobs.accept([new])
        claimed = store.jobs.claim(new.id, "me")
        store.jobs.finish(new.id, claimed.lease_token, verdict(f"{1:064x}"))
        engine = create_engine(url)
        for state in ("running", "done"):
            with engine.begin() as connection:
                connection.execute(text("UPDATE jobs SET state = :state"), {"state": state})
        engine.dispose()
        asked = [Accepted(job_id=plain_id(new.id), image_hash=f"{1:064x}")]

        assert 1 == audit(asked, database.truth()).ended_twice


class TestTruthInSqlite(BaseTruthTest):
    """The embedded service's."""

    @pytest.fixture
    def url(self, sqlite):
        return sqlite


@pytest.mark.services
class TestTruthInPostgres(BaseTruthTest):
    """The scaled service's."""

    @pytest.fixture
    def url(self, postgres):
        return postgres

    def test_a_second_result_is_seen_in_the_table(self, parts, url):
        """Planted: the constraint is taken away and a row stored again."""
        store, database = parts
        new = promise(f"{1:064x}")
        store.jobs.accept([new])
        claimed = store.jobs.claim(new.id, "me")
        store.jobs.finish(new.id, claimed.lease_token, verdict(f"{1:064x}"))
        columns = (
            "tenant, image_hash, variant, pipeline_version, phases, confidence, is_studio, label,"
            " phase, lighting_confidence, phase1_results, evidence, model, report,"
            " processing_time_ms, is_shadow, created_at"
        )
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE results DROP CONSTRAINT results_of_work"))
            connection.execute(
                text(
                    f"INSERT INTO results (id, {columns}) "
                    f"SELECT gen_random_uuid(), {columns} FROM results"
                )
            )
        engine.dispose()
        asked = [Accepted(job_id=plain_id(new.id), image_hash=f"{1:064x}")]

        assert 1 == audit(asked, database.truth()).stored_twice
