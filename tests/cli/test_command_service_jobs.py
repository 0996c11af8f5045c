"""Looking into the jobs of a service, which may run or rest."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from service.store.store_examples import (
    accept_one,
    begin,
    finish_with,
    new_job,
    state_of,
)
from studio_detector.errors import (
    EXIT_ALL_FAILED,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_UNAVAILABLE,
    EXIT_USAGE,
)


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr("studio_detector.cli.service.jobs._PAGE", 5)


@pytest.fixture
def jobs(run, folder):
    """Run a command under ``jobs`` on that store."""

    def jobs(command, *words):
        return run("jobs", command, "--data-dir", folder, *words)

    return jobs


@pytest.fixture
def dead(store):
    """Make a job that is dead."""

    def dead(name, message="it is damaged", **changes):
        running = begin(store, accept_one(store, new_job(name, **changes)))
        return store.jobs.fail(
            running.id, running.lease_token, "corrupt", message, is_passing=False
        )

    return dead


@pytest.fixture
def lost(store):
    """Make a job that was dead from the start: there is nothing to try again."""

    def lost():
        return accept_one(
            store, new_job(image_url=None, error_code="empty", error_message="it is empty")
        )

    return lost


def rows(result):
    """The rows of a table, by its header."""
    header, *lines = result.stdout.splitlines()
    starts = [header.index(name) for name in header.split()]
    cells = [
        [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
        for line in lines
    ]
    return [dict(zip(header.split(), found, strict=True)) for found in cells]


def as_data(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


class TestList:
    def test_the_newest_comes_first_with_reason_and_tries(self, jobs, store, dead):
        """None tried is a number, too."""
        first = dead("a")
        second = accept_one(store, new_job("b", priority="high"))

        result = jobs("list")

        assert EXIT_OK == result.exit_code
        newest, oldest = rows(result)
        assert [str(second.id), "queued", "high", "0", "", ""] == [
            newest[name] for name in ("job", "state", "queue", "tries", "code", "reason")
        ]
        assert [str(first.id), "dead", "standard", "1", "corrupt", "it is damaged"] == [
            oldest[name] for name in ("job", "state", "queue", "tries", "code", "reason")
        ]
        assert first.created_at.isoformat(timespec="seconds") == oldest["created"]

    def test_what_others_wrote_is_harmless_on_a_terminal(self, jobs, dead):
        """Messages may quote names of files."""
        dead("a", "what is 'b\x1b[2J\n.png'?")

        result = jobs("list")

        assert "\x1b" not in result.stdout
        assert 2 == len(result.stdout.splitlines())
        assert r"b\x1b[2J\n.png" in result.stdout

    def test_lines_of_json_say_more(self, jobs, store, dead):
        """Every line for itself."""
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        failed = dead("b")

        second, first = as_data(jobs("list", "--format", "jsonl"))

        assert str(done.id) == first["id"]
        assert (str(done.result_id), None, "main") == (
            first["result_id"],
            first["error"],
            first["variant"],
        )
        assert done.finished_at.isoformat() == first["finished_at"]
        assert str(failed.id) == second["id"]
        assert {"code": "corrupt", "message": "it is damaged"} == second["error"]

    def test_by_state_by_tenant_and_at_most(self, jobs, store, dead):
        """Whoever they are of."""
        dead("a")
        for n in range(3):
            accept_one(store, new_job(n))
        accept_one(store, new_job("b", tenant="other"))

        assert 4 == len(rows(jobs("list")))
        assert {"queued"} == {row["state"] for row in rows(jobs("list", "--state", "queued"))}
        assert 1 == len(rows(jobs("list", "--tenant", "other")))
        assert 2 == len(rows(jobs("list", "--limit", "2")))
        assert [] == rows(jobs("list", "--state", "running"))
        assert EXIT_USAGE == jobs("list", "--state", "lost").exit_code

    @pytest.mark.usefixtures("small_pages")
    def test_more_than_a_page_is_listed_whole(self, jobs, store):
        """Each once."""
        store.jobs.accept([new_job(n) for n in range(23)])

        listed = as_data(jobs("list", "--format", "jsonl", "--limit", "1000"))

        assert 23 == len({job["id"] for job in listed}) == len(listed)
        assert 12 == len(as_data(jobs("list", "--format", "jsonl", "--limit", "12")))

    def test_a_folder_that_was_never_used_holds_no_job(self, jobs):
        """It is no error to ask."""
        result = jobs("list")

        assert EXIT_OK == result.exit_code
        assert [] == rows(result)

    def test_the_variable_names_the_folder_too(self, run, store, folder):
        """As for the service."""
        accept_one(store, new_job("a"))

        result = run("jobs", "list", env={"STUDIO_DETECTOR_DATA_DIR": str(folder)})

        assert 1 == len(rows(result))


class TestRetry:
    def test_named_jobs_wait_again(self, jobs, store, dead):
        """With all their tries, and are told by name."""
        one, other = dead("a"), dead("b")

        result = jobs("retry", one.id)

        assert (EXIT_OK, f"{one.id}\n") == (result.exit_code, result.stdout)
        again = store.jobs.get("default", one.id)
        assert ("queued", 0, None) == (again.state, again.attempts, again.error_code)
        assert "dead" == state_of(store, other)

    def test_one_that_cannot_is_told_and_the_others_go_on(self, jobs, store, dead):
        """It is done, or nobody knows it."""
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        bad = dead("b")
        unknown = uuid4()

        result = jobs("retry", done.id, unknown, bad.id)

        assert (EXIT_SOME_FAILED, f"{bad.id}\n") == (result.exit_code, result.stdout)
        assert f"the job {done.id} is done" in result.stderr
        assert f"there is no job {unknown}" in result.stderr
        assert "queued" == state_of(store, bad)

    def test_none_of_them_is_another_status(self, jobs, store):
        """As with photos."""
        waits = accept_one(store, new_job("a"))

        assert EXIT_ALL_FAILED == jobs("retry", waits.id).exit_code

    def test_those_of_others_are_not_found(self, jobs, store, dead):
        """Unless the tenant is named."""
        job = dead("a", tenant="other")

        assert EXIT_ALL_FAILED == jobs("retry", job.id).exit_code
        assert EXIT_OK == jobs("retry", job.id, "--tenant", "other").exit_code
        assert "queued" == state_of(store, job)

    def test_all_dead_are_tried_again(self, jobs, store, dead):
        """And no others."""
        ids = {str(dead(n).id) for n in range(5)}
        cancelled = store.jobs.cancel("default", accept_one(store, new_job("b")).id)

        result = jobs("retry", "--all-dead")

        assert EXIT_OK == result.exit_code
        assert ids == set(result.stdout.split())
        assert "cancelled" == state_of(store, cancelled)
        assert ("", EXIT_OK) == (
            jobs("retry", "--all-dead").stdout,
            jobs("retry", "--all-dead").exit_code,
        )

    @pytest.mark.usefixtures("small_pages")
    def test_more_than_a_page_of_them(self, jobs, store, dead, lost):
        """Each once, although the list shrinks meanwhile."""
        ids = {str(dead(n).id) for n in range(9)}
        stays = lost()
        ids |= {str(dead(n).id) for n in range(9, 20)}

        told = jobs("retry", "--all-dead").stdout.split()

        assert ids == set(told)
        assert 20 == len(told)
        assert [stays.id] == [job.id for job in store.jobs.find("default", state="dead").items]

    def test_one_that_was_dead_from_the_start_holds_up_nobody(self, jobs, store, dead, lost):
        """Such as a member of an archive that was no picture: it stays, and is told once."""
        first, hopeless, last = dead("a"), lost(), dead("b")

        result = jobs("retry", "--all-dead")

        assert EXIT_SOME_FAILED == result.exit_code
        assert {str(first.id), str(last.id)} == set(result.stdout.split())
        assert 1 == result.stderr.count("send the photo anew")
        assert "dead" == state_of(store, hopeless)

    @pytest.mark.parametrize("words", [[], ["--all-dead", uuid4()]])
    def test_either_names_or_all(self, jobs, words):
        """Not both, not neither."""
        result = jobs("retry", *words)

        assert EXIT_USAGE == result.exit_code
        assert "name jobs, or give --all-dead" in result.stderr

    def test_a_name_that_is_none_is_a_mistake_in_the_command(self, jobs):
        """Before anything is tried."""
        assert EXIT_USAGE == jobs("retry", "7").exit_code


class TestPurge:
    def test_jobs_that_are_over_go_and_results_stay(self, jobs, store, dead):
        """Those of one state; the number is told."""
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        bad = dead("b")

        result = jobs("purge", "--state", "done", "--older-than", "0")

        assert (EXIT_OK, "1\n") == (result.exit_code, result.stdout)
        assert [bad.id] == [job.id for job in store.jobs.find("default").items]
        assert done.result_id == store.results.get("default", done.result_id).id

    def test_younger_ones_stay(self, jobs, dead):
        """Thirty days unless told otherwise."""
        dead("a")

        assert "0\n" == jobs("purge", "--state", "dead").stdout
        assert "0\n" == jobs("purge", "--state", "dead", "--older-than", "0.5").stdout
        assert "1\n" == jobs("purge", "--state", "dead", "--older-than", "0").stdout

    @pytest.mark.parametrize(
        "words", [[], ["--state", "queued"], ["--state", "done", "--older-than", "-1"]]
    )
    def test_what_is_not_over_cannot_be_thrown_away(self, jobs, words):
        """The state is always named."""
        assert EXIT_USAGE == jobs("purge", *words).exit_code


class TestReaching:
    def test_a_database_that_is_away_is_told_without_its_password(self, run):
        """Status 69."""
        url = "postgresql+psycopg://user:hush@127.0.0.1:1/studio"

        result = run("jobs", "list", "--database-url", url)

        assert EXIT_UNAVAILABLE == result.exit_code
        assert "the database gave no answer" in result.stderr
        assert "hush" not in result.output

    def test_a_folder_that_cannot_be_made_is_a_wrong_setting(self, run, tmp_path):
        """Its name is told."""
        (tmp_path / "file").write_text("in the way")

        result = run("jobs", "list", "--data-dir", tmp_path / "file")

        assert EXIT_USAGE == result.exit_code
        assert str(tmp_path / "file") in result.stderr

    def test_an_address_that_is_none_is_a_wrong_setting(self, run):
        """It is named."""
        result = run("jobs", "list", "--database-url", "smoke://signals")

        assert EXIT_USAGE == result.exit_code
        assert "database_url" in result.stderr
