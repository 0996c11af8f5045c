"""Archives come in: a job for each picture, in one go, and nothing else is left of them."""

from __future__ import annotations

import io
import tarfile
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kept_pictures import file, sha256
from service.intake.packed import KINDS, gzipped, tarred, zipped
from service.store.store_examples import at_once
from studio_detector.errors import RequestError
from studio_detector.imaging.limits import Limits
from studio_detector.service.intake.archive import from_archive
from studio_detector.service.store import Jobs

LIMITS = Limits(max_file_bytes=1 << 20)
URL = "https://receiver.example/hook"


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class TestPictures:
    def test_each_is_a_job_in_stored_order_under_its_name(self, door, packed):
        """Whatever kind of archive it is; names do not order it."""
        names = ["c.png", "a/b.PNG", "a/a.png", "ü ñ 像.png"]

        batch_id = door.archive(packed(*((name, file(n)) for n, name in enumerate(names))))

        jobs = door.batch_jobs(batch_id)
        assert names == [job.name for job in jobs]
        assert [0, 1, 2, 3] == [job.position for job in jobs]
        assert [sha256(file(n)) for n in range(4)] == [job.image_hash for job in jobs]
        assert {"queued"} == {job.state for job in jobs}
        assert all(door.kept(file(n)) for n in range(4))
        assert {job.id for job in jobs} == {job_id for _, job_id, _ in door.broker.sent}
        assert [] == door.unsent()

    def test_a_tar_may_be_compressed_by_zstd(self, door):
        """Where the package that reads it is installed."""
        pyarrow = pytest.importorskip("pyarrow")
        data = pyarrow.compress(tarred(("a.png", file(1))).getvalue(), codec="zstd", asbytes=True)

        (job,) = door.batch_jobs(door.archive(io.BytesIO(data)))

        assert ("a.png", sha256(file(1))) == (job.name, job.image_hash)

    def test_wishes_are_those_of_each(self, door, packed):
        """The callback is the batch's."""
        batch_id = door.archive(
            packed(("a.png", file(1))), priority="high", phases="all", callback_url=URL
        )

        (job,) = door.batch_jobs(batch_id)
        assert ("high", "all", None) == (job.queue, job.work.phases, job.callback_url)
        assert URL == door.store.batches.get("default", batch_id).callback_url

    def test_a_picture_that_comes_twice_is_needed_no_longer_than_one_that_comes_once(self, door):
        """Its request brought it, and is at its end when the jobs are."""
        jobs = door.batch_jobs(door.archive(zipped(("a.png", file(1)), ("b.png", file(1)))))

        door.finish(jobs[0])

        assert {"done"} == {door.job(job).state for job in jobs}
        soon = door.store.clock() + timedelta(seconds=1)
        assert [("default", sha256(file(1)))] == door.store.pictures.unneeded(soon)

    def test_they_are_accepted_in_one_go(self, door, monkeypatch):
        """One transaction, so that a batch is there wholly or not at all."""
        lots = []
        accept = Jobs.accept

        def counting(self, new, **options):
            lots.append(len(new))
            return accept(self, new, **options)

        monkeypatch.setattr(Jobs, "accept", counting)

        door.archive(zipped(*((f"{n}.png", file(n)) for n in range(5)), ("x.png", b"none")))

        assert [6] == lots

    def test_the_same_picture_twice_is_analysed_once(self, door):
        """Within a batch, and beside one."""
        single = door.picture(file(1))
        batch_id = door.archive(zipped(("a.png", file(2)), ("b.png", file(2)), ("c.png", file(1))))

        a, b, c = door.batch_jobs(batch_id)
        assert (None, a.id, single.id) == (a.leader_id, b.leader_id, c.leader_id)
        assert {single.id, a.id} == {job_id for _, job_id, _ in door.broker.sent}
        done = door.finish(a)
        assert done.result_id == door.job(b).result_id

    def test_known_pictures_are_answered_at_once(self, door):
        """A batch of none but known ones is over."""
        door.finish(door.picture(file(1)))
        door.broker.sent.clear()

        batch_id = door.archive(zipped(("a.png", file(1))), callback_url=URL)

        (job,) = door.batch_jobs(batch_id)
        assert ("done", "cached") == (job.state, job.answer)
        assert door.store.batches.get("default", batch_id).finished_at is not None
        assert ["batch.finished"] == [
            delivery.event for delivery in door.store.deliveries.find("default").items
        ]
        assert [] == door.broker.sent

    def test_without_a_broker_all_wait_for_the_sweeper(self, door):
        """Accepted all the same."""
        door.broker.is_away = True

        batch_id = door.archive(zipped(("a.png", file(1)), ("b.png", file(2))))

        assert {job.id for job in door.batch_jobs(batch_id)} == set(door.unsent())

    def test_shadows_stand_beside_the_batch(self, make_door, variants):
        """They are none of its jobs."""
        door = make_door(variants=variants)

        batch_id = door.archive(zipped(("a.png", file(1)), ("b.png", b"none")))

        assert 2 == door.store.batches.get("default", batch_id).total
        (shadow,) = door.jobs(shadows=True)
        assert (None, None, sha256(file(1))) == (
            shadow.batch_id,
            shadow.position,
            shadow.image_hash,
        )

    def test_sidecars_and_hidden_members_are_passed_over(self, door, packed):
        """As everywhere."""
        batch_id = door.archive(
            packed(
                ("a.json", b"{}"), ("__MACOSX/a.png", b"x"), ("a.png", file(1)), ("b.mp3", b"...")
            )
        )

        assert ["a.png"] == [job.name for job in door.batch_jobs(batch_id)]


class TestBadMembers:
    def test_each_is_a_dead_job_in_its_place(self, door, packed, tmp_path):
        """With its code; the others go on."""
        batch_id = door.archive(
            packed(
                ("a.png", file(1)),
                ("text.png", b"no picture"),
                ("empty.png", b""),
                ("large.png", file(1) + bytes(1 << 20)),
                ("b.png", file(2)),
            )
        )

        jobs = door.batch_jobs(batch_id)
        assert ["queued", "dead", "dead", "dead", "queued"] == [job.state for job in jobs]
        assert [None, "unsupported_format", "empty", "limit_file_size", None] == [
            job.error_code for job in jobs
        ]
        assert 2 == len(door.broker.sent)
        assert 2 == len(files_below(tmp_path / "pictures"))

    def test_a_damaged_member_of_a_zip_leaves_the_others(self, door):
        """Its sum does not fit."""
        stream = zipped(("a.png", file(1)), ("b.png", file(2)), ("c.png", file(3)))
        data = stream.getvalue().replace(file(2)[-40:], bytes(40))

        jobs = door.batch_jobs(door.archive(io.BytesIO(data)))

        assert [None, "corrupt", None] == [job.error_code for job in jobs]

    @pytest.mark.parametrize("kind", ["tar", "tar.gz"])
    def test_where_an_archive_breaks_off_the_last_job_says_so(self, door, kind):
        """What came before is analysed."""
        whole = KINDS[kind](*((f"{n}.png", file(n)) for n in range(3))).getvalue()

        jobs = door.batch_jobs(door.archive(io.BytesIO(whole[: len(whole) // 2])))

        assert [None, "truncated"] == [job.error_code for job in jobs[-2:]]
        assert "archive" == jobs[-1].name

    def test_nothing_tells_where_this_machine_keeps_things(self, tmp_path):
        """In names, messages and refusals, whatever the folder is called."""
        odd = tmp_path / 'o\'brien "x" \\n \x1b 像'
        odd.mkdir()
        bad = [
            zipped(("a.png", file(1)), ("b.png", b"x"), ("c.png", b""), ("d.png", bytes(2 << 20))),
            io.BytesIO(gzipped(("a.png", file(1)), ("b.png", file(2))).getvalue()[:-3000]),
            io.BytesIO(tarred(("a.png", file(1))).getvalue()[:700]),
            zipped(("a.txt", b"x")),
            io.BytesIO(b"PK\x03\x04 and no more"),
            io.BytesIO(b"\x1f\x8b and no more"),
            io.BytesIO(zipped(("a.png", file(1))).getvalue()[:-10]),
        ]
        told = []
        for number, stream in enumerate(bad):
            path = odd / f"{number}.upload"
            path.write_bytes(stream.getvalue())
            with path.open("rb") as upload:
                try:
                    for found in from_archive(upload, LIMITS, keep=lambda *_: None, most=10):
                        told += [found.name, found.error_message or ""]
                except RequestError as error:
                    told.append(error.message)
        assert len(told) >= 10
        for text in told:
            for part in (str(odd), repr(str(odd))[1:-1], odd.name, ".upload"):
                assert part not in text


class TestHostileNames:
    NAMES = (
        "../../../etc/cron.d/a.png",
        "/etc/b.png",
        "C:\\Windows\\c.png",
        "d\x1b[2J\n.png",
        "e/archive.png",
        "'; DROP TABLE jobs; --.png",
        "f" * 5000 + ".png",
    )

    @pytest.mark.parametrize("kind", [zipped, tarred])
    def test_names_are_names_and_lead_nowhere(self, door, tmp_path, kind):
        """No file appears but pictures under names by chance."""
        jobs = door.batch_jobs(
            door.archive(kind(*((name, file(n)) for n, name in enumerate(self.NAMES))))
        )

        expected = [name.lstrip("/")[:1024] for name in self.NAMES]
        assert expected == [job.name for job in jobs]
        rows = [door.store.data_keys.get("default", sha256(file(n))) for n in range(len(jobs))]
        found = {name for name in files_below(tmp_path) if not name.startswith("studio.db")}
        assert {f"pictures/default/{row.blob[:2]}/{row.blob}" for row in rows} == found - {
            "master_key"
        }

    def test_bytes_that_are_no_text_are_stored_all_the_same(self, door):
        """Half a surrogate pair cannot be written to a database."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name, data in (("\udcff.png", file(1)), ("\udcfe.png", b"x")):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))

        jobs = door.batch_jobs(door.archive(stream))

        assert ["queued", "dead"] == [job.state for job in jobs]
        assert all(job.name.encode() for job in jobs)

    def test_links_are_not_followed(self, door, tmp_path):
        """Neither out of the archive nor within."""
        (tmp_path / "secret.png").write_bytes(file(9))
        stream = tarred(("a.png", file(1)))
        stream.seek(0)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                link = tarfile.TarInfo(f"link{kind.decode()}.png")
                link.type, link.linkname = kind, str(tmp_path / "secret.png")
                archive.addfile(link)
            info = tarfile.TarInfo("a.png")
            info.size = len(file(1))
            archive.addfile(info, io.BytesIO(file(1)))

        assert ["a.png"] == [job.name for job in door.batch_jobs(door.archive(packed))]


class TestIdempotency:
    def test_the_same_archive_gives_the_same_batch(self, door, packed):
        """Also when ten come at once."""
        data = packed(("a.png", file(1)), ("b.png", b"x")).getvalue()
        first = door.archive(io.BytesIO(data), key="k")

        again = at_once(10, lambda _: door.archive(io.BytesIO(data), key="k"))

        assert {first} == set(again)
        assert 2 == len(door.jobs())
        assert 1 == len(door.broker.sent)

    def test_another_archive_or_other_wishes_under_the_key_are_refused(self, door):
        """Though the pictures are the same."""
        members = (("a.png", file(1)),)
        door.archive(zipped(*members), key="k")

        for stream, wishes in ((tarred(*members), {}), (zipped(*members), {"priority": "high"})):
            with pytest.raises(RequestError) as caught:
                door.archive(stream, key="k", **wishes)
            assert "idempotency_conflict" == caught.value.code
        assert 1 == len(door.jobs())

    def test_without_a_key_it_is_another_batch(self, door):
        """Of the same work."""
        first, second = (door.archive(zipped(("a.png", file(1)))) for _ in range(2))

        assert first != second
        (a,), (b,) = door.batch_jobs(first), door.batch_jobs(second)
        assert a.id == b.leader_id

    def test_a_stream_is_read_from_its_beginning(self, door):
        """Wherever it stands."""
        stream = zipped(("a.png", file(1)))
        stream.seek(7)

        assert 1 == len(door.batch_jobs(door.archive(stream)))


MEMBER = st.one_of(
    st.integers(0, 3).map(file),
    st.just(b""),
    st.binary(min_size=1, max_size=30).map(lambda data: b"@" + data),
)


class TestAnyArchive:
    @given(
        members=st.lists(st.tuples(st.integers(0, 9), MEMBER), min_size=1, max_size=8),
        kind=st.sampled_from(sorted(KINDS)),
    )
    @settings(max_examples=60, deadline=None)
    def test_every_member_is_found_once_and_in_order(self, members, kind):
        """Pictures are kept before they are given; others have a code."""
        kept = {}
        stream = KINDS[kind](*((f"{n}.png", data) for n, data in members))
        expected = [data[:1] == b"\x89" for _, data in members]

        found = []
        for item in from_archive(stream, LIMITS, keep=kept.__setitem__, most=8):
            assert item.image_hash is None or item.image_hash in kept
            found.append(item)

        assert [f"{n}.png" for n, _ in members] == [item.name for item in found]
        assert expected == [item.image_hash is not None for item in found]
        assert expected == [item.error_code is None for item in found]
        assert all(digest == sha256(data) for digest, data in kept.items())
