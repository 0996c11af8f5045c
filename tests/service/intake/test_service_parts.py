"""All parts together, with children that really decode: opened, at work, closed, opened again."""

from __future__ import annotations

import base64
import contextlib
import os
import time
from functools import partial
from pathlib import Path

import pytest

import unconfinable_child
from hostile_parent import confines
from kept_pictures import file, sha256
from service.intake.packed import zipped
from studio_detector.config.load import settings_from_values
from studio_detector.errors import BusyError, ConfigError
from studio_detector.pipeline.settings import Settings
from studio_detector.service import parts as parts_module
from studio_detector.service.blobs import folder
from studio_detector.service.cache import MemoryCache
from studio_detector.service.children import children as children_module
from studio_detector.service.children.children import AnalysisChildren
from studio_detector.service.fetch.fetcher import Fetcher
from studio_detector.service.fetch.poster import GuardedPoster
from studio_detector.service.intake.wishes import NamedAddress, Wishes
from studio_detector.service.parts import open_parts, open_store_of
from studio_detector.service.queues.broker import Broker
from studio_detector.service.queues.sweeper import RETENTION
from studio_detector.service.queues.worker import Worker
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import Store
from studio_detector.service.vault.encrypted_blobs import EncryptedBlobs
from studio_detector.service.vault.envelope import HEAD

BASE = Settings(model="rules")
# Nothing listens there.
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def opened(tmp_path):
    """Open the parts in a folder of this test's own."""

    def opened(*, serves=True, folder="data", **settings):
        settings = {"workers": 1, "sweep_every_s": 0.1, "drain_s": 10.0, **settings}
        return open_parts(
            ServiceSettings(**settings),
            BASE,
            tmp_path / folder,
            partial(settings_from_values, BASE, place="variants.toml"),
            serves=serves,
        )

    return opened


@pytest.fixture
def ends(monkeypatch):
    """Which parts were closed, in order."""
    names = []

    def note(part, method):
        end = getattr(part, method)

        def noted(self, *arguments):
            names.append(part)
            return end(self, *arguments)

        monkeypatch.setattr(part, method, noted)

    note(Worker, "stop")
    for part in (AnalysisChildren, GuardedPoster, Fetcher, Broker, MemoryCache, Store):
        note(part, "close")
    return names


def scaled(tmp_path, **settings):
    return {
        "broker_url": NOWHERE,
        "database_url": f"sqlite:///{tmp_path}/shared.db",
        **settings,
    }


def over(parts, job_ids, timeout_s=60):
    """The jobs, once all of them are over."""
    end = time.monotonic() + timeout_s
    while len(found := parts.store.jobs.over(job_ids)) < len(job_ids):
        assert time.monotonic() < end, f"{len(found)} of {len(job_ids)} are over"
        time.sleep(0.02)
    return sorted(found, key=lambda job: job_ids.index(job.id))


def children_of_this_process():
    """Ids of the processes that this one started and that live."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("this system does not tell")
    me, found = os.getpid(), set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == me and fields[0] != "Z":
                found.add(int(status.parent.name))
    return found


def test_starts_and_stops_are_written_down(opened, tmp_path):
    """A start with other settings shows, and none of them is told."""
    with opened():
        pass
    with opened(max_wait_s=5.0):
        pass
    store = open_store_of(ServiceSettings(), tmp_path / "data")
    rows = store.audit.after(0, 99)
    store.close()

    assert ["service.started", "service.stopped"] * 2 == [row.action for row in rows]
    first, second = (row.object for row in rows if row.action == "service.started")
    assert first.startswith("serve ")
    assert first != second


class TestEmbedded:
    def test_a_picture_goes_all_the_way(self, opened, tmp_path, ends):
        """Nothing was there before: accepted, analysed, answered; a second time from memory."""
        with opened() as parts:
            job = parts.intake.picture(file(1), Wishes(), tenant="default")
            batch_id = parts.intake.archive(
                zipped(("a.png", file(1)), ("b.png", file(2)), ("c.png", b"\x89PNG\r\n\x1a\nno")),
                Wishes(priority="high"),
                tenant="default",
            )
            jobs = [
                job.id,
                *(job.id for job, _ in parts.store.batches.results("default", batch_id)),
            ]
            found = over(parts, jobs)
            again = parts.intake.picture(file(1), Wishes(), tenant="default")
            result = parts.store.results.get("default", found[0].result_id)
            scratch = parts.scratch

        assert ["done", "done", "done", "dead"] == [job.state for job in found]
        assert found[0].result_id == found[1].result_id
        assert {"cached", "shared"} >= {found[1].answer}
        assert found[3].error_code in {"corrupt", "truncated"}
        assert (sha256(file(1)), "default") == (result.image_hash, result.work.variant)
        assert ("done", "cached", result.id) == (again.state, again.answer, again.result_id)
        assert [
            Worker, AnalysisChildren, GuardedPoster, Fetcher, Broker, MemoryCache, Store
        ] == ends  # fmt: skip
        assert not scratch.exists()
        assert {"studio.db", "pictures", "scratch", "callback_secret", "master_key"} <= {
            path.name for path in (tmp_path / "data").iterdir()
        }

    @pytest.mark.parametrize(
        ("encrypts", "left"), [(True, HEAD), (False, bytes(len(HEAD)))], ids=["noise", "zeros"]
    )
    def test_the_file_of_a_deleted_picture_cannot_be_read_and_goes_soon(
        self, opened, tmp_path, monkeypatch, encrypts, left
    ):
        """Noise whose key is gone, or zeros; within two minutes, unless another picture comes."""
        incoming = tmp_path / "data" / "pictures" / ".incoming"
        with opened(encrypt_pictures=encrypts) as parts:
            over(parts, [parts.intake.picture(file(1), Wishes(), tenant="default").id])
            until = time.monotonic() + 20
            while not (files := list(incoming.iterdir())):
                assert time.monotonic() < until, "the picture is not deleted"
                time.sleep(0.02)

            (aside,) = files
            assert aside.read_bytes().startswith(left)
            assert {} == parts.store.data_keys.counts()
            monkeypatch.setattr(folder, "_SPARE_S", -1.0)
            parts.worker.handle("maintenance", RETENTION)
            assert [] == list(incoming.iterdir())

    def test_a_picture_sent_by_itself_is_analysed_from_memory(self, opened, monkeypatch):
        """Nobody looks it up, reads or decrypts it."""
        with opened() as parts:
            monkeypatch.setattr(EncryptedBlobs, "get", None)
            monkeypatch.setattr(EncryptedBlobs, "find", None)
            job = parts.intake.picture(file(1), Wishes(), tenant="default")

            assert ["done"] == [job.state for job in over(parts, [job.id])]

    def test_nobody_else_may_look_into_the_folder(self, opened, tmp_path):
        """It holds pictures and a secret."""
        before = os.umask(0)
        try:
            with opened(**scaled(tmp_path)) as parts:
                modes = {parts.scratch.stat().st_mode, parts.scratch.parent.stat().st_mode}
        finally:
            os.umask(before)

        folder = tmp_path / "data"
        assert {0o700} == {mode & 0o777 for mode in (*modes, folder.stat().st_mode)}
        assert 0o600 == (folder / "callback_secret").stat().st_mode & 0o777

    def test_folders_may_be_links_to_where_there_is_room(self, opened, tmp_path):
        """The data folder, and the one below it for what is being read."""
        for name in ("large", "larger"):
            (tmp_path / name).mkdir()
        (tmp_path / "data").symlink_to(tmp_path / "large")
        (tmp_path / "large" / "scratch").symlink_to(tmp_path / "larger")

        with opened(**scaled(tmp_path)) as parts:
            assert tmp_path / "larger" == parts.scratch.parent

    def test_a_restart_takes_up_what_was_accepted_before(self, opened):
        """What waited, what ran, and what followed; though all messages died."""
        with opened(serves=False) as before:
            assert before.worker is None
            wishes, tenant = Wishes(), "default"
            runs = before.intake.picture(file(1), wishes, tenant=tenant)
            follows = before.intake.picture(file(1), wishes, tenant=tenant)
            waits = before.intake.picture(file(2), wishes, tenant=tenant)
            late = before.intake.picture(file(3), Wishes(priority="high"), tenant=tenant)
            # As a process does that is killed in the middle of a job.
            assert before.store.jobs.claim(runs.id, "killed") is not None

        with opened() as parts:
            found = over(parts, [runs.id, follows.id, waits.id, late.id])

        assert ["done"] * 4 == [job.state for job in found]
        assert ["analysed", "shared", "analysed", "analysed"] == [job.answer for job in found]
        assert 2 == found[0].attempts

    def test_children_are_gone_afterwards(self, opened):
        """Also when the block is left by an error."""

        def fails():
            with opened() as parts:
                assert parts.worker is not None
                assert children_of_this_process() - before
                raise ZeroDivisionError

        before = children_of_this_process()
        with pytest.raises(ZeroDivisionError):
            fails()

        assert not children_of_this_process() - before


class TestScaled:
    def test_who_serves_does_not_work(self, opened, tmp_path):
        """No worker, no children; without a broker pictures are accepted all the same."""
        before = children_of_this_process()

        with opened(**scaled(tmp_path)) as parts:
            job = parts.intake.picture(file(1), Wishes(), tenant="default")
            batch_id = parts.intake.addresses(
                [NamedAddress(url="https://pictures.example/1.jpg")], Wishes(), tenant="default"
            )

            assert parts.worker is None
            assert before == children_of_this_process()
            assert "queued" == parts.store.jobs.get("default", job.id).state
            assert 1 == parts.store.batches.get("default", batch_id).total
            assert 2 == len(parts.store.jobs.unsent(10))

        assert not (tmp_path / "data" / "studio.db").exists()

    def test_who_does_not_work_holds_no_pictures_for_it(self, opened, tmp_path):
        """Nor does who takes none in."""
        for serves in (True, False):
            with opened(serves=serves, **scaled(tmp_path)) as parts:
                assert isinstance(parts.blobs, EncryptedBlobs)

    def test_several_share_the_database_and_the_pictures(self, opened, tmp_path):
        """The second knows what the first accepted."""
        with (
            opened(**scaled(tmp_path)) as one,
            opened(**scaled(tmp_path)) as other,
        ):
            first = one.intake.picture(file(1), Wishes(), tenant="default", idempotency_key="k")
            again = other.intake.picture(file(1), Wishes(), tenant="default", idempotency_key="k")
            follows = other.intake.picture(file(1), Wishes(), tenant="default")

            assert first.id == again.id == follows.leader_id
            assert one.scratch != other.scratch
            assert other.scratch.exists()


class TestWhatCannotBeOpened:
    @pytest.mark.parametrize("folder", ["file", "file/below", "scratched"])
    def test_a_folder_that_cannot_be_made_is_a_wrong_setting(self, opened, tmp_path, folder):
        """With its name and the next step."""
        (tmp_path / "file").write_text("in the way")
        (tmp_path / "scratched").mkdir()
        (tmp_path / "scratched" / "scratch").write_text("in the way")

        with pytest.raises(ConfigError, match="name a folder that can be written") as caught:
            opened(folder=folder).__enter__()

        assert "config_invalid_value" == caught.value.code
        assert folder in caught.value.message

    def test_so_is_one_in_which_nothing_can_be_made(self, opened, monkeypatch):
        """Read-only, or out of inodes."""

        def fails(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(parts_module, "scratch_folder", fails)

        with pytest.raises(ConfigError, match="No space left on device"):
            opened().__enter__()

    def test_the_store_alone_says_the_same(self, tmp_path):
        """For commands that look into it."""
        (tmp_path / "file").write_text("in the way")

        with pytest.raises(ConfigError, match="cannot be made"):
            open_store_of(ServiceSettings(), tmp_path / "file")

    def test_a_database_that_cannot_be_opened_is_not_available(self, opened, tmp_path, ends):
        """What was opened before is closed."""
        (tmp_path / "data" / "studio.db").mkdir(parents=True)

        with pytest.raises(BusyError) as caught:
            opened().__enter__()

        assert "store_unavailable" == caught.value.code
        assert [] == ends
        assert [] == [*(tmp_path / "data" / "scratch").iterdir()]

    @pytest.mark.parametrize(
        ("settings", "closed"),
        [
            ({"cache_url": "smoke://x"}, [Store]),
            ({"broker_url": "smoke://x"}, [MemoryCache, Store]),
            ({"fetch_private": ("everywhere",)}, [Broker, MemoryCache, Store]),
            (
                {"callback_secrets": ("no secret",)},
                [AnalysisChildren, GuardedPoster, Fetcher, Broker, MemoryCache, Store],
            ),
        ],
        ids=str,
    )
    def test_what_was_opened_before_a_wrong_setting_is_closed(
        self, opened, tmp_path, ends, settings, closed
    ):
        """In reverse."""
        with pytest.raises(ConfigError) as caught:
            opened(**{"database_url": f"sqlite:///{tmp_path}/shared.db", **settings}).__enter__()

        assert "config_invalid_value" == caught.value.code
        assert closed == ends
        assert [] == [*(tmp_path / "data" / "scratch").iterdir()]

    def test_a_folder_that_another_service_uses(self, opened, tmp_path):
        """It would take the other's running jobs for those of a dead process."""
        with opened(serves=False) as first:
            job = first.intake.picture(file(1), Wishes(), tenant="default")
            running = first.store.jobs.claim(job.id, "worker")

            with pytest.raises(ConfigError, match="another service uses the folder"):
                opened().__enter__()

            assert running == first.store.jobs.get("default", job.id)
            looks = contextlib.closing(open_store_of(ServiceSettings(), tmp_path / "data"))
            with looks as looked_into:
                assert running == looked_into.jobs.get("default", job.id)
            with opened(**scaled(tmp_path)) as beside:
                assert beside.scratch.exists()

    def test_machines_that_share_a_bucket_and_no_master_key(self, opened, tmp_path):
        """None could read what another has kept."""
        bucket = scaled(tmp_path, blobs_url="s3://bucket", blobs_endpoint="http://127.0.0.1:1")

        with pytest.raises(ConfigError, match="set master_keys") as caught:
            opened(**bucket).__enter__()

        assert "config_invalid_value" == caught.value.code
        with opened(**bucket, master_keys=(base64.b64encode(b"m" * 32).decode(),)) as parts:
            assert not (tmp_path / "data" / "master_key").exists()
            assert parts.worker is None

    def test_a_variant_that_does_not_fit_is_told_at_the_start(self, opened, tmp_path):
        """Not with the first picture."""
        path = tmp_path / "variants.toml"
        path.write_text("[odd]\n[odd.settings]\nno_such_setting = 1\n")

        with pytest.raises(ConfigError, match="no_such_setting"):
            opened(variants_file=str(path)).__enter__()


class TestSandbox:
    @confines
    @pytest.mark.parametrize("is_scaled", [False, True], ids=["embedded", "scaled"])
    def test_what_is_required_is_there_before_anything_is_taken(
        self, opened, tmp_path, monkeypatch, is_scaled
    ):
        """Also where others work, and only pages are drawn here."""
        settings = scaled(tmp_path) if is_scaled else {}
        with opened(sandbox="require", **settings) as parts:
            assert parts.children.start_drawing().is_full
        monkeypatch.setattr(children_module, "_ENTRY", unconfinable_child.__name__)
        with pytest.raises(ConfigError) as caught, opened(sandbox="require", **settings):
            pass

        assert "sandbox_missing" == caught.value.code
        with opened(**settings):
            """Otherwise it does what it can."""
