"""The commands that let a service do the work."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from fake_service import FakeService, problem, reply, result_of
from studio_detector.cli.main import program
from studio_detector.cli.remote import remote
from studio_detector.cli.remote_pictures import in_order
from studio_detector.errors import (
    EXIT_ALL_FAILED,
    EXIT_FOUND,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_UNAVAILABLE,
    EXIT_USAGE,
)

URLS = [f"https://pictures.example/{name}" for name in ("studio", "broken", "natural")]


@pytest.fixture
def service(httpserver):
    return FakeService(httpserver)


@pytest.fixture
def ask(run, service, monkeypatch):
    """Run a command under ``remote`` against the fake service."""
    monkeypatch.setitem(program.commands, "remote", remote)
    monkeypatch.delenv("STUDIO_DETECTOR_API_KEY", raising=False)

    def ask(command, *words, **options):
        return run("remote", command, "--url", service.url, *words, **options)

    return ask


class TestAnalyse:
    def test_each_photo_is_one_line_of_json_in_order(self, ask, photo):
        """Like "analyse", and with the names of result and job."""
        names = [photo("b.jpg", "slow studio"), photo("a.jpg", "natural"), photo("c.jpg", "studio")]

        result = ask("analyse", *names)

        assert EXIT_OK == result.exit_code
        assert names == [line["path"] for line in result.lines]
        assert [True, False, True] == [line["is_studio"] for line in result.lines]
        keys = "path is_studio confidence label phase components model version timing_ms warnings"
        assert {*keys.split(), "result_id", "job_id", "answer"} == set(result.lines[0]) - {
            "variant"
        }
        assert "b.jpg: studio, P(studio) 0.900" in result.stderr
        assert "3 photos: 1 natural, 2 studio" in result.stderr

    def test_addresses_folders_and_standard_input_are_photos(self, ask, photo, tmp_path):
        """Addresses are fetched by the service."""
        photo("shoot/a.jpg", "\xff\xd8\xffnatural")
        result = ask("analyse", URLS[0], tmp_path / "shoot", "-", stdin="uncertain")

        assert ["studio", "natural", "uncertain"] == [line["label"] for line in result.lines]
        assert [URLS[0], "-"] == [result.lines[0]["path"], result.lines[2]["path"]]

    def test_a_bad_photo_has_its_line_and_the_others_go_on(self, ask, photo):
        """Whether the service or this machine finds it bad."""
        result = ask("analyse", photo("a.jpg", "broken"), "nowhere.jpg", photo("b.jpg"))

        assert EXIT_SOME_FAILED == result.exit_code
        assert ["corrupt", "not_found"] == [line["error"]["code"] for line in result.lines[:2]]
        assert result.lines[2]["is_studio"] is True
        assert "failed (corrupt): it is damaged; copy it again" in result.stderr

    def test_verbose_adds_every_measurement(self, ask, photo):
        """To the line and to the report."""
        plain, verbose = (ask("analyse", *words, photo("a.jpg")) for words in ((), ("-v",)))

        assert {"shadow": {"softness_px": 3.25, "depth_ratio": None}} == verbose.lines[0][
            "measurements"
        ]
        assert "measurements" not in plain.lines[0]
        assert "softness_px" in verbose.stderr
        assert "softness_px" not in plain.stderr

    def test_the_other_forms_are_those_of_analyse(self, ask, run, photo):
        """Columns and all."""
        name = photo("a.jpg")
        rows = list(csv.DictReader(io.StringIO(ask("analyse", "--format", "csv", name).stdout)))
        local = run("analyse", "--format", "csv", name).stdout.splitlines()[0]

        assert ("studio", "0.9", "true") == tuple(
            rows[0][key] for key in ("label", "confidence", "is_studio")
        )
        assert local.startswith("path,is_studio,confidence,label,phase,")
        assert local.split(",")[:5] == list(rows[0])[:5]
        assert "studio" in ask("analyse", "--format", "table", name).stdout.splitlines()[1]
        assert [name] == [
            r["path"] for r in json.loads(ask("analyse", "--format=json", name).stdout)
        ]
        quiet = ask("analyse", "-q", "--no-timing", name)
        assert "" == quiet.stderr
        assert "timing_ms" not in quiet.lines[0]

    def test_a_label_can_fail_the_command(self, ask, photo):
        """As with "analyse"."""
        assert EXIT_FOUND == ask("analyse", photo("a.jpg"), "--fail-on", "studio").exit_code

    def test_wishes_reach_the_service(self, ask, service, photo):
        """Each option is one."""
        words = ["--priority", "high", "--phases", "lighting", "--phases", "frequency"]
        words += ["--variant", "strict", "--callback-url", "https://a.example", "--near-duplicates"]
        words += ["--subject", "customer 7"]

        ask("analyse", *words, photo("a.jpg"))

        assert {
            "priority": ["high"],
            "phases": ["lighting", "frequency"],
            "variant": ["strict"],
            "callback_url": ["https://a.example"],
            "subject": ["customer 7"],
            "options": ['{"near_duplicates": true}'],
        } == service.seen[0][4]

    def test_a_verdict_on_another_picture_is_marked(self, ask, service, photo):
        """In the line and in words."""
        theirs = result_of("ab" * 32, "natural")
        near = {"job_id": theirs["id"], "answer": "near_duplicate"}
        service.answers.append(reply(theirs | near))

        result = ask("analyse", photo("a.jpg"))

        assert "near_duplicate" == result.lines[0]["answer"]
        assert "not on this one" in result.stderr

    def test_what_takes_too_long_is_a_failure_that_names_its_job(self, ask, photo):
        """The others go on, and so does the job."""
        result = ask("analyse", "--wait", "0.05", photo("a.jpg", "never"), photo("b.jpg"))

        assert EXIT_SOME_FAILED == result.exit_code
        assert "it goes on" in result.lines[0]["error"]["message"]

    def test_a_service_that_takes_nothing_stops_the_command(self, ask, service, photo):
        """The next photo would fare no better."""
        no = problem("storage_full", 507, "there is no room for the picture; make room")
        service.answers += [no] * 3

        result = ask("analyse", photo("a.jpg"), photo("b.jpg"), photo("c.jpg"))

        assert EXIT_UNAVAILABLE == result.exit_code
        assert [] == result.lines
        assert "there is no room" in result.stderr

    def test_a_result_that_is_not_understood_is_said_to_be_one(self, ask, service, photo):
        """The service may be of another time."""
        odd = result_of("ab" * 32, "natural") | {"job_id": "0" * 32, "report": {}}
        service.answers.append(reply(odd))

        result = ask("analyse", photo("a.jpg"))

        assert EXIT_UNAVAILABLE == result.exit_code
        assert "about the same version" in result.stderr


class TestReaching:
    def test_the_variable_names_the_service_and_its_key(self, ask, run, service, photo):
        """An option comes first."""
        env = {"STUDIO_DETECTOR_URL": service.url, "STUDIO_DETECTOR_API_KEY": "sk_1"}
        result = run("remote", "analyse", photo("a.jpg"), env=env)
        assert EXIT_OK == result.exit_code
        assert "Bearer sk_1" == service.seen[0][2]["Authorization"]

        env["STUDIO_DETECTOR_URL"] = "http://127.0.0.1:1"
        assert EXIT_OK == ask("analyse", photo("a.jpg"), env=env).exit_code

    def test_a_service_that_is_not_there_exits_with_69(self, run, photo, monkeypatch):
        """And names the next step."""
        monkeypatch.setitem(program.commands, "remote", remote)
        monkeypatch.setattr("time.sleep", lambda _: None)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"

            for words in (["analyse", photo("a.jpg")], ["results"], ["health"], ["batch", URLS[0]]):
                result = run("remote", words[0], "--url", url, *words[1:])

                assert EXIT_UNAVAILABLE == result.exit_code, words
                assert f"curl {url}/livez" in result.stderr
                assert "Traceback" not in result.stderr

    def test_an_address_that_is_none_is_a_mistake_in_the_command(self, run, monkeypatch):
        """Said before anything is sent."""
        monkeypatch.setitem(program.commands, "remote", remote)

        result = run("remote", "health", "--url", "localhost:8000")

        assert EXIT_USAGE == result.exit_code
        assert "write it like http://127.0.0.1:8000" in result.stderr

    def test_health_is_told(self, ask, service):
        """With 69 unless the service takes work."""
        good = ask("health")
        assert EXIT_OK == good.exit_code
        assert json.loads(good.stdout)["is_ready"] is True
        assert "0.1.0" == json.loads(good.stdout)["version"]["version"]

        service.answers += [reply({}), reply({}), reply({"parts": {"store": "away"}}, 503)]
        bad = ask("health")

        assert EXIT_UNAVAILABLE == bad.exit_code
        assert {"store": "away"} == json.loads(bad.stdout)["ready"]["parts"]


class TestJobs:
    def test_submitting_gives_jobs_and_status_tells_of_them(self, ask, photo):
        """In the order given, without waiting."""
        names = [photo("a.jpg", "studio"), photo("b.jpg", "broken")]
        submitted = ask("submit", *names)
        assert EXIT_OK == submitted.exit_code
        assert names == [line["path"] for line in submitted.lines]
        assert ["queued", "queued"] == [line["state"] for line in submitted.lines]
        ids = [line["job_id"] for line in submitted.lines]

        told = ask("status", *ids, "--wait", "5")

        jobs = [json.loads(line) for line in told.stdout.splitlines()]
        assert ids == [job["id"] for job in jobs]
        assert ["done", "dead"] == [job["state"] for job in jobs]
        assert EXIT_SOME_FAILED == told.exit_code

    def test_a_file_that_is_not_there_is_a_failure_among_jobs(self, ask, photo):
        """As with "analyse"."""
        result = ask("submit", photo("a.jpg"), "nowhere.jpg")

        assert EXIT_SOME_FAILED == result.exit_code
        assert "not_found" == result.lines[1]["error"]["code"]

    def test_jobs_are_listed_in_a_table(self, ask, photo):
        """The newest, of a state, as many as wanted."""
        ask("submit", *(photo(f"{n}.jpg", str(n)) for n in range(5)))

        result = ask("status", "--state", "queued", "--most", "4", "--format", "table")

        assert EXIT_OK == result.exit_code
        lines = result.stdout.splitlines()
        assert lines[0].split()[:2] == ["id", "state"]
        assert 5 == len(lines)

    def test_jobs_are_cancelled_and_retried(self, ask, photo):
        """What the service refuses is said in its words."""
        job = ask("submit", photo("a.jpg", "never")).lines[0]["job_id"]

        assert "cancelled" in ask("cancel", job).stderr
        assert EXIT_ALL_FAILED == ask("status", job).exit_code
        assert "queued" == json.loads(ask("retry", job).stdout)["state"]
        refused = ask("retry", job)
        assert EXIT_USAGE == refused.exit_code
        assert "retry dead ones" in refused.stderr

    def test_jobs_that_are_over_are_erased_only_on_request(self, ask, photo, service):
        """Else the result is lost of whoever cancels a moment too late."""
        job = ask("submit", photo("a.jpg", "never")).lines[0]["job_id"]

        assert "unless it was over" in ask("cancel", job).stderr
        assert {"erase": "false"} == service.seen[-1][3]
        assert "erased" in ask("cancel", "--erase", job).stderr
        assert {"erase": "true"} == service.seen[-1][3]

    def test_what_is_no_job_is_a_mistake_in_the_command(self, ask):
        """Before the service is asked."""
        assert EXIT_USAGE == ask("status", "not-a-job").exit_code


class TestResults:
    @pytest.fixture
    def result_id(self, ask, photo):
        photos = [photo("a.jpg", "studio"), photo("b.jpg", "natural")]
        return ask("analyse", "--parallel", "1", *photos).lines[0]["result_id"]

    def test_results_are_listed_with_filters(self, ask, service, result_id):
        """As JSON with everything, as CSV with the main things."""
        words = ["--studio", "--confidence-min", "0.5", "--created-after", "2026-01-02"]
        found = ask("results", *words, "--most", "1")

        assert [result_id] == [json.loads(line)["id"] for line in found.stdout.splitlines()]
        assert {
            "is_studio": "true",
            "confidence_min": "0.5",
            "created_after": "2026-01-02T00:00:00+00:00",
            "limit": "1",
        } == service.seen[-1][3]
        rows = list(csv.DictReader(io.StringIO(ask("results", "--format", "csv").stdout)))
        assert ["studio", "natural"] == [row["label"] for row in rows]
        assert 2 == len(json.loads(ask("results", "--format", "json").stdout))

    def test_pages_and_overlays_are_fetched(self, ask, result_id, tmp_path):
        """To standard output or into a file."""
        assert "it is studio" in ask("report", result_id).stdout
        assert b"\x89PNGshadow.png" == ask("overlay", result_id, "shadow").stdout_bytes

        ask("report", result_id, "-o", tmp_path / "pages" / "a.html")
        ask("overlay", result_id, "shadow", "-o", tmp_path / "a.png")

        assert "it is studio" in (tmp_path / "pages" / "a.html").read_text()
        assert b"\x89PNGshadow.png" == (tmp_path / "a.png").read_bytes()

    def test_feedback_is_given(self, ask, service, result_id):
        """In a word and a note."""
        result = ask("feedback", result_id, "natural", "--note", "a window")

        assert EXIT_OK == result.exit_code
        assert "noted as natural" in result.stderr
        assert {"label": "natural", "note": "a window"} == service.seen[-1][4]

    def test_pictures_that_look_alike_are_found_by_file_or_hash(self, ask, service, photo):
        """The file is not sent."""
        ask("analyse", photo("a.jpg", "studio"), photo("b.jpg", "natural"))
        image_hash = hashlib.sha256(b"studio").hexdigest()

        by_file = ask("similar", photo("a.jpg", "studio"))
        by_hash = ask("similar", image_hash.upper())

        assert by_file.stdout == by_hash.stdout
        found = json.loads(by_file.stdout)
        assert (0, "natural") == (found["distance_bits"], found["result"]["label"])
        assert {"image_hash": image_hash} == service.seen[-1][3]

    def test_an_unknown_result_is_said_in_the_words_of_the_service(self, ask):
        """With the exit status of its code."""
        result = ask("report", "00000000-0000-0000-0000-000000000001")

        assert EXIT_USAGE == result.exit_code
        assert "there is no /results/" in result.stderr


class TestBatch:
    def test_addresses_are_handed_in_and_their_verdicts_written(self, ask):
        """Each a line, failures included, and a sum for people."""
        result = ask("batch", *URLS)

        assert EXIT_SOME_FAILED == result.exit_code
        assert URLS == [line["path"] for line in result.lines]
        assert [True, None, False] == [line["is_studio"] for line in result.lines]
        assert "3 of 3 photos" in result.stderr
        assert "failed (corrupt)" in result.stderr
        assert "3 photos: 1 natural, 1 studio, 1 failed" in result.stderr

    def test_archives_and_lists_are_sources(self, ask, service, tmp_path):
        """The archive is sent, the list is read."""
        archive = tmp_path / "shoot.zip"
        archive.write_text("a-studio.jpg b-natural.jpg")

        assert 2 == len(ask("batch", archive).lines)
        listed = ask("batch", "-", "--priority", "high", stdin="\n".join([*URLS, ""]))

        assert 3 == len(listed.lines)
        posted = [seen for seen in service.seen if seen[0] == "POST"]
        assert {"image_urls": URLS, "priority": "high"} == posted[-1][4]

    def test_a_batch_is_handed_in_now_and_waited_for_later(self, ask):
        """By its name."""
        begun = ask("batch", "--no-wait", "-q", *URLS)
        batch = json.loads(begun.stdout)
        assert (3, EXIT_OK, "") == (batch["total"], begun.exit_code, begun.stderr)

        assert URLS == [line["path"] for line in ask("batch", "--id", batch["id"]).lines]

    @pytest.mark.parametrize(
        "words", [[], ["a.zip", "b.zip"], [URLS[0], "a.zip"], ["--id", "0" * 32, URLS[0]]]
    )
    def test_what_makes_no_batch_is_a_mistake_in_the_command(self, ask, service, words):
        """Nothing is sent."""
        assert EXIT_USAGE == ask("batch", *words).exit_code
        assert [] == service.seen


def test_an_interrupt_does_not_wait_for_answers(service, photo):
    """It ends at once, with the status of interrupted programs."""
    program = (
        "from studio_detector.cli.main import main, program\n"
        "from studio_detector.cli.remote import remote\n"
        "program.add_command(remote)\n"
        "main()\n"
    )
    words = ["remote", "analyse", "--url", service.url, photo("a.jpg", "never")]
    running = subprocess.Popen(
        [sys.executable, "-c", program, *words], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not service.jobs and time.monotonic() < deadline:
        time.sleep(0.01)
    begun = time.monotonic()
    running.send_signal(signal.SIGINT)

    _, said = running.communicate(timeout=60)

    assert 130 == running.returncode
    assert time.monotonic() - begun < 20
    assert "Traceback" not in said


class TestInOrder:
    def test_answers_come_in_order_from_several_at_once(self):
        """And no more than wanted are under way."""
        lock, under_way, most = threading.Lock(), [0], [0]

        def work(n):
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            time.sleep(0.001 * (n % 3))
            with lock:
                under_way[0] -= 1
            return n

        assert list(range(50)) == list(in_order(range(50), work, 4))
        assert 1 < most[0] <= 4

    def test_items_are_taken_no_earlier_than_needed(self):
        """A folder of a million photos is not listed first."""
        taken = []

        def items():
            for n in range(1000):
                taken.append(n)
                yield n

        answers = in_order(items(), lambda n: n, 3)
        assert [0, 1] == [next(answers), next(answers)]
        answers.close()

        assert len(taken) <= 6

    def test_an_error_is_raised_in_its_place_and_nothing_is_begun_after(self):
        """What is under way is let go."""
        done = []

        def work(n):
            if n == 2:
                raise ValueError("two")
            done.append(n)
            return n

        seen = []
        with pytest.raises(ValueError, match="two"):
            seen.extend(in_order(range(1000), work, 2))

        assert len(done) < 10
