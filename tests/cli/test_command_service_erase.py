"""Erasing from the command line, beside the service or where it rests."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from kept_pictures import sha256
from picture_files import picture_files
from service.store.store_examples import accept_one, begin, finish_with, new_job
from studio_detector.errors import EXIT_OK, EXIT_USAGE
from studio_detector.service.blobs import FolderBlobs, blob_key
from studio_detector.service.intake.subject_tags import SubjectTags
from studio_detector.service.parts import open_store_of
from studio_detector.service.secret import open_secret
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.vault.open import open_vault

SETTINGS = ServiceSettings()
TAG = "Anna, no. 7"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def store(folder):
    """The store of the service, open while commands erase from it."""
    store = open_store_of(SETTINGS, folder)
    yield store
    store.close()


@pytest.fixture
def erase(run, folder):
    """Run a command under ``erase`` on that store."""

    def erase(command, *words, **more):
        return run("erase", command, "--data-dir", folder, *words, **more)

    return erase


@pytest.fixture
def kept(store, folder):
    """Keep a picture with a job and a result; its job."""
    tags = SubjectTags.of(open_secret(SETTINGS, folder))
    blobs = open_vault(SETTINGS, folder, FolderBlobs(folder / "pictures"), store)

    def kept(name="a", tenant="default"):
        data = name.encode()
        blobs.put(blob_key(tenant, sha256(data)), data)
        job = accept_one(store, new_job(name, tenant=tenant, subject=tags.hashed(tenant, TAG)))
        return finish_with(store, begin(store, job), name, tenant=tenant)

    return kept


def _pictures(folder):
    return picture_files(folder / "pictures")


class TestErasing:
    @pytest.mark.parametrize("way", ["picture", "job", "subject", "tenant"])
    def test_everything_goes_and_how_much_is_said(self, erase, kept, store, folder, way):
        job = kept()
        assert _pictures(folder)
        thing = {"picture": job.image_hash, "job": job.id, "subject": TAG, "tenant": "default"}

        result = erase(way, thing[way])

        assert result.exit_code == EXIT_OK, result.stderr
        assert "erased: 1 picture, 1 job, 1 result, 0 of feedback, 0 callbacks" in result.stdout
        assert store.jobs.find("default").items == ()
        assert store.results.find("default").items == ()
        assert _pictures(folder) == []
        assert [noted.kind for noted in store.erasures.find()] == [way]
        assert (folder / "erasures.jsonl").read_text().count("\n") == 1
        acts = [row.action for row in store.audit.after(0, 99)]
        assert acts == [f"erased.{way}"]

    def test_several_at_once_each_in_a_line_of_json(self, erase, kept):
        jobs = [kept("a"), kept("b")]
        result = erase("picture", "--format", "json", *(job.image_hash for job in jobs))
        assert [json.loads(line)["pictures"] for line in result.stdout.splitlines()] == [1, 1]

    def test_those_of_other_tenants_stay(self, erase, kept, store):
        job = kept(tenant="other")
        for words in (["picture", job.image_hash], ["job", job.id], ["subject", TAG]):
            assert "erased: 0 pictures" in erase(*words).stdout
        assert store.jobs.get("other", job.id).state == "done"
        assert "erased: 1 picture" in erase("subject", TAG, "--tenant", "other").stdout

    def test_a_tag_can_be_kept_out_of_the_list_of_processes(self, erase, kept):
        kept()
        assert "erased: 1 picture" in erase("subject", "-", stdin=f"{TAG}\n").stdout

    @pytest.mark.parametrize("words", [["picture", "abc"], ["job", "abc"], ["picture"], ["job"]])
    def test_what_names_nothing_is_a_mistake_in_the_command(self, erase, words):
        assert erase(*words).exit_code == EXIT_USAGE

    def test_another_secret_erases_nothing_under_a_tag(self, erase, kept, store):
        """And the audit log says so before it is tried."""
        job = kept()
        erase("picture", "0" * 64)
        result = erase(
            "subject", TAG, env={"STUDIO_DETECTOR_SERVICE_SECRET": "another secret " * 4}
        )
        assert "audit_broken" in result.stderr or "was not sealed with this secret" in result.stderr
        assert store.jobs.get("default", job.id)


class TestReplaying:
    def test_journals_are_replayed_once(self, erase, kept, store, tmp_path):
        job = kept()
        lines = [
            {
                "id": str(uuid4()),
                "tenant": "default",
                "kind": "picture",
                "object": job.image_hash,
                "erased_at": "2100-01-01T00:00:00+00:00",
            },
            {
                "id": str(uuid4()),
                "tenant": "default",
                "kind": "tenant",
                "object": "",
                "erased_at": "2000-01-01T00:00:00+00:00",
            },
        ]
        files = [tmp_path / f"{number}.jsonl" for number in range(2)]
        for path, line in zip(files, lines, strict=True):
            path.write_text(json.dumps(line) + "\n")

        assert erase("replay", *files).stdout == "2\n"
        assert erase("replay", *files).stdout == "0\n"
        assert erase("replay").stdout == "0\n"
        assert store.jobs.find("default").items == ()

    def test_erasures_are_listed_without_what_they_were_of(self, erase, kept):
        job = kept()
        erase("picture", job.image_hash)
        erase("subject", TAG)
        listed = erase("list").stdout
        assert job.image_hash in listed
        assert "subject" in listed
        assert TAG not in listed
        assert len(erase("list", "--limit", "1").stdout.splitlines()) < len(listed.splitlines())
        assert job.image_hash not in erase("list", "--tenant", "other").stdout

    def test_the_database_is_written_anew_on_request(self, erase, kept, folder):
        kept()
        erase("subject", TAG)
        assert erase("scrub").exit_code == EXIT_OK
        assert (folder / "studio.db").exists()
