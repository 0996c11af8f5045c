"""Archives that are damaged, lie, or were made to hurt."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import tracemalloc
import zipfile
from itertools import islice

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.errors import LimitError
from studio_detector.imaging import Limits
from studio_detector.pipeline.report import Failure
from studio_detector.sources.archives import meter
from studio_detector.sources.archives import zip as zip_module
from studio_detector.sources.open import SourceOptions, batch_sources
from studio_detector.sources.photo import Note, Photo

JPEG = b"\xff\xd8\xff\xe0"
MIB = 1 << 20
LIMIT_BYTES = 100_000
OPTIONS = SourceOptions(limits=Limits(max_file_bytes=LIMIT_BYTES))
END_MARK = bytes(1024)


def header(name="a.jpg", *, size=0, kind=tarfile.REGTYPE, **more):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    for key, value in more.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def padded(data):
    return data + bytes(-len(data) % 512)


def photo(name="a.jpg", data=JPEG):
    return header(name, size=len(data)) + padded(data)


def zipped(*members, method=zipfile.ZIP_STORED):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for info, data in members:
            archive.writestr(info, data, method)
    return sink.getvalue()


def read(tmp_path, data, name="x.tar", options=OPTIONS):
    path = tmp_path / name
    path.write_bytes(data)
    return list(batch_sources([str(path)], None, options))


def told(items, tmp_path):
    """Names below the folder, with the code of failures."""
    return [
        (item.path.removeprefix(f"{tmp_path}/"), getattr(item, "code", "photo"))
        for item in items
        if not isinstance(item, Note)
    ]


class TestTar:
    """Plain and compressed."""

    @pytest.mark.parametrize("kind", "123456", ids=["hard", "soft", "c", "b", "folder", "pipe"])
    def test_only_regular_files_are_read(self, tmp_path, kind):
        """Links may lead anywhere, devices have no pictures."""
        other = header("b.jpg", kind=kind.encode(), linkname="/etc/passwd")

        items = read(tmp_path, photo() + other + photo("c.jpg") + END_MARK)

        assert [("x.tar/a.jpg", "photo"), ("x.tar/c.jpg", "photo")] == told(items, tmp_path)

    @pytest.mark.parametrize("name", ["../../a.jpg", "/etc/a.jpg", "a\x1b[2J.jpg", "C:\\a.jpg"])
    def test_names_are_just_names(self, tmp_path, name):
        """Nothing is written, so they lead nowhere."""
        (item,) = read(tmp_path, photo(name) + END_MARK)

        assert (f"{tmp_path}/x.tar/{name}", JPEG) == (item.path, item.source)
        assert [tmp_path / "x.tar"] == list(tmp_path.iterdir())

    def test_a_member_over_the_limit_fails_unread_and_the_next_is_read(self, tmp_path):
        """Under its own name."""
        large = photo("large.jpg", bytes(LIMIT_BYTES + 1))

        data = photo() + large + photo("c.jpg") + END_MARK

        for name in ("x.tar", "x.tgz", "x.tar.zst"):
            items = read(tmp_path, _packed(name, data), name)

            assert [
                (f"{name}/a.jpg", "photo"),
                (f"{name}/large.jpg", "limit_file_size"),
                (f"{name}/c.jpg", "photo"),
            ] == told(items, tmp_path)

    @pytest.mark.parametrize("cut", [513, 1024 + 100, 1024 + 512 + 5])
    def test_a_cut_archive_fails_once_after_its_good_members(self, tmp_path, cut):
        """In a header, or in a member."""
        data = photo("a.jpg", JPEG) + photo("b.jpg", JPEG * 200)

        items = read(tmp_path, data[:cut])

        good = [("x.tar/a.jpg", "photo")] if cut >= 1024 else []
        assert [*good, ("x.tar", "truncated")] == told(items, tmp_path)

    def test_a_missing_end_mark_is_said(self, tmp_path):
        """A cut between two members shows in nothing else."""
        *items, note = read(tmp_path, photo())

        assert [("x.tar/a.jpg", "photo")] == told(items, tmp_path)
        assert "no end mark" in note.text

    def test_what_follows_the_end_mark_is_said(self, tmp_path):
        """Two archives written one after the other."""
        *items, note = read(tmp_path, photo() + END_MARK + photo("b.jpg") + END_MARK)

        assert [("x.tar/a.jpg", "photo")] == told(items, tmp_path)
        assert "more follows" in note.text

    def test_a_broken_header_fails_once_after_the_good_members(self, tmp_path):
        """It is not taken for the end."""
        broken = bytearray(photo("b.jpg"))
        broken[10] ^= 1

        items = read(tmp_path, photo() + broken + photo("c.jpg") + END_MARK)

        assert [("x.tar/a.jpg", "photo"), ("x.tar", "corrupt")] == told(items, tmp_path)

    @pytest.mark.parametrize(
        ("data", "code"),
        [(b"", "empty"), (b"no tar at all" * 100, "corrupt"), (b"no", "truncated")],
    )
    def test_what_is_no_archive_fails(self, tmp_path, data, code):
        """Whatever its name says."""
        assert [("x.tar", code)] == told(read(tmp_path, data), tmp_path)

    @pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
    @pytest.mark.parametrize("size", [10**6, 10**9, 2**62])
    def test_a_header_that_claims_a_gigabyte_costs_nothing(self, tmp_path, kind, size):
        """`tarfile` alone would read it into memory."""
        lie = header("long", size=size, kind=kind)
        tracemalloc.start()
        items = read(tmp_path, photo() + lie + bytes(512))
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert [("x.tar/a.jpg", "photo"), ("x.tar", "limit_memory")] == told(items, tmp_path)
        assert peak_bytes < MIB

    def test_many_headers_before_a_member_are_bounded_together(self, tmp_path):
        """Each of them small."""
        one = header("long", size=500, kind=tarfile.XGLTYPE) + padded(b"12 a=bcdefg\n")

        items = read(tmp_path, photo() + one * 200 + photo("b.jpg") + END_MARK)

        assert [("x.tar/a.jpg", "photo"), ("x.tar", "limit_memory")] == told(items, tmp_path)

    def test_global_headers_do_not_pile_up(self, tmp_path):
        """One before each member."""
        record = b"%d comment.%d=%s\n"

        def one(number):
            text = record % (40_000, number, b"x" * 40_000)
            text = record % (
                len(text),
                number,
                b"x" * (len(text) - len(record % (len(text), number, b""))),
            )
            return header("g", size=len(text), kind=tarfile.XGLTYPE) + padded(text)

        data = b"".join(one(n) + photo(f"{n}.jpg") for n in range(100))
        (tmp_path / "x.tar").write_bytes(data + END_MARK)
        tracemalloc.start()
        count = sum(1 for _ in batch_sources([str(tmp_path / "x.tar")], None, OPTIONS))
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert 100 == count
        assert peak_bytes < 2 * MIB

    def test_a_negative_size_ends_the_archive(self, tmp_path):
        """Going back would go round for ever."""
        block = bytearray(header("b.mp4"))
        block[124:136] = b"\xff" * 10 + struct.pack(">h", -512)
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)

        (tmp_path / "x.tar").write_bytes(photo() + bytes(block) + photo("c.jpg") + END_MARK)

        items = islice(batch_sources([str(tmp_path / "x.tar")], None, OPTIONS), 9)

        (good, bad) = told(items, tmp_path)
        assert ("x.tar/a.jpg", "photo") == good
        assert "x.tar" == bad[0]

    def test_members_with_holes_are_refused_alone(self, tmp_path):
        """A few bytes may stand for gigabytes of zeros."""
        hole = header("hole.jpg", size=0, kind=tarfile.GNUTYPE_SPARSE)

        items = read(tmp_path, photo() + hole + photo("c.jpg") + END_MARK)

        assert [
            ("x.tar/a.jpg", "photo"),
            ("x.tar/hole.jpg", "unsupported_variant"),
            ("x.tar/c.jpg", "photo"),
        ] == told(items, tmp_path)

    def test_a_bomb_is_not_unpacked_to_its_end(self, tmp_path):
        """Here 64 MiB of zeros behind a name that would be passed over."""
        data = photo() + header("film.mp4", size=64 * MIB) + bytes(64 * MIB) + photo("c.jpg")

        items = read(tmp_path, gzip.compress(data + END_MARK), "x.tgz")

        assert [("x.tgz/a.jpg", "photo"), ("x.tgz", "limit_file_size")] == told(items, tmp_path)
        assert "100 times" in items[-1].message

    def test_what_shrinks_well_is_no_bomb(self, tmp_path):
        """Small archives may hold anything up to the limit of one file."""
        data = gzip.compress(photo("a.bmp", bytes(50_000)) + END_MARK)

        assert len(data) < 500
        assert [("x.tgz/a.bmp", "photo")] == told(read(tmp_path, data, "x.tgz"), tmp_path)

    @pytest.mark.parametrize("name", ["x.tgz", "x.tar.zst"])
    @pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
    def test_a_cut_compressed_archive_fails_once(self, tmp_path, name, share):
        """After its good members."""
        members = [photo(f"{n}.jpg", os.urandom(30_000)) for n in range(40)]
        data = _packed(name, b"".join(members) + END_MARK)

        *photos, last = read(tmp_path, data[: int(share * len(data))], name)

        # A block of zstd is 128 KiB.
        assert share * 40 - 6 <= len(photos) <= share * 40
        assert all(isinstance(item, Photo) for item in photos)
        assert [(name, "truncated")] == told([last], tmp_path)

    @pytest.mark.parametrize("name", ["x.tgz", "x.tar.zst"])
    def test_a_damaged_compressed_archive_fails_once(self, tmp_path, name):
        """The format or its sums show it."""
        data = bytearray(_packed(name, photo("a.jpg", bytes(range(256)) * 300) + END_MARK))
        data[len(data) // 2 : -8] = b"\xff" * (len(data) - 8 - len(data) // 2)

        *_, last = items = read(tmp_path, bytes(data), name)

        assert isinstance(last, Failure)
        assert 1 == sum(isinstance(item, Failure) for item in items)
        assert f"{tmp_path}/{name}" == last.path

    def test_gzip_sums_are_checked(self, tmp_path):
        """Though the archive itself ends before them."""
        data = bytearray(gzip.compress(photo() + END_MARK))
        data[-5] ^= 1

        items = read(tmp_path, bytes(data), "x.tgz")

        assert [("x.tgz/a.jpg", "photo"), ("x.tgz", "corrupt")] == told(items, tmp_path)


def _packed(name, data):
    if name.endswith("gz"):
        return gzip.compress(data, 1)
    return data if name == "x.tar" else pa.compress(data, "zstd", asbytes=True)


class TestZip:
    """The directory at its end rules."""

    def test_only_regular_files_are_read(self, tmp_path):
        """A link is a small file that says where to."""
        link, folder = zipfile.ZipInfo("b.jpg"), zipfile.ZipInfo("c.jpg/")
        link.external_attr = 0o120777 << 16

        items = read(
            tmp_path, zipped(("a.jpg", JPEG), (link, "/etc/passwd"), (folder, "")), "x.zip"
        )

        assert [("x.zip/a.jpg", "photo")] == told(items, tmp_path)

    def test_a_member_over_the_limit_fails_unread(self, tmp_path):
        """By its declared size."""
        data = zipped(("a.jpg", bytes(LIMIT_BYTES + 1)), ("b.jpg", JPEG), method=8)

        assert [("x.zip/a.jpg", "limit_file_size"), ("x.zip/b.jpg", "photo")] == told(
            read(tmp_path, data, "x.zip"), tmp_path
        )

    def test_a_member_that_lies_about_its_size_fails_alone(self, tmp_path):
        """Its sum does not fit what was declared; no more than that is unpacked."""
        data = zipped(("a.jpg", bytes(90_000)), ("b.jpg", JPEG), method=8)
        data = data.replace(struct.pack("<L", 90_000), struct.pack("<L", 10))

        assert [("x.zip/a.jpg", "corrupt"), ("x.zip/b.jpg", "photo")] == told(
            read(tmp_path, data, "x.zip"), tmp_path
        )

    def test_a_damaged_member_fails_alone(self, tmp_path):
        """The directory says where the next one is."""
        data = zipped(("a.jpg", b"12345"), ("b.jpg", JPEG)).replace(b"12345", b"12346")

        assert [("x.zip/a.jpg", "corrupt"), ("x.zip/b.jpg", "photo")] == told(
            read(tmp_path, data, "x.zip"), tmp_path
        )

    def test_encrypted_members_fail(self, tmp_path):
        """Each with what to do."""
        data = bytearray(zipped(("a.jpg", JPEG)))
        data[6] |= 1
        data[data.index(b"PK\1\2") + 8] |= 1

        (item,) = read(tmp_path, bytes(data), "x.zip")

        assert [("x.zip/a.jpg", "unsupported_variant")] == told([item], tmp_path)
        assert "password" in item.message

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 99])
    def test_methods_without_a_bound_are_refused(self, tmp_path, method):
        """One step of them may give gigabytes."""
        data = zipped(("a.jpg", JPEG))
        changed = bytearray(data)
        for start, field in ((0, 8), (data.index(b"PK\1\2"), 10)):
            struct.pack_into("<H", changed, start + field, method)

        items = read(tmp_path, bytes(changed), "x.zip")

        assert [("x.zip/a.jpg", "unsupported_variant")] == told(items, tmp_path)

    def test_members_that_share_their_bytes_do_not_multiply_the_work(self, tmp_path):
        """A directory may name one bomb a thousand times."""
        data = zipped(*[("a.jpg", bytes(90_000))], method=8)
        start = data.index(b"PK\1\2")
        entry, end = data[start : data.index(b"PK\5\6")], bytearray(data[data.index(b"PK\5\6") :])
        struct.pack_into("<HHL", end, 8, 500, 500, 500 * len(entry))

        items = read(tmp_path, data[:start] + entry * 500 + bytes(end), "x.zip")

        assert 500 == len(items)
        photos = [item for item in items if isinstance(item, Photo)]
        whole_bytes = LIMIT_BYTES + meter.MOST_EXPANSION_RATIO * (start + 500 * len(entry) + 22)
        assert 1 <= len(photos) <= whole_bytes // 90_000
        assert items[-1].code in {"limit_file_size", "corrupt"}

    def test_a_directory_too_large_for_memory_is_refused(self, tmp_path, monkeypatch):
        """`zipfile` reads it whole, and keeps many times as much."""
        monkeypatch.setattr(zip_module, "DIRECTORY_BYTES", 70_000)
        many = zipped(*[(f"{n}.jpg", b"") for n in range(2_000)])

        assert [("x.zip", "limit_memory")] == told(read(tmp_path, many, "x.zip"), tmp_path)

    @pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
    def test_a_cut_archive_fails_once(self, tmp_path, share):
        """Without its directory nothing can be had."""
        data = zipped(*[(f"{n}.jpg", JPEG) for n in range(9)])

        ((name, code),) = told(read(tmp_path, data[: int(share * len(data))], "x.zip"), tmp_path)

        assert "x.zip" == name
        assert code in {"corrupt", "empty", "truncated"}

    def test_names_that_macos_writes_are_readable(self, tmp_path):
        """UTF-8 that does not say so."""
        data = zipped(("caf__.jpg", JPEG)).replace(b"caf__", "café".encode())

        assert [("x.zip/café.jpg", "photo")] == told(read(tmp_path, data, "x.zip"), tmp_path)


@pytest.mark.parametrize("name", ["x.tar", "x.tgz", "x.tar.zst", "x.zip"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damage_ends_the_run(tmp_path_factory, name, data):
    """Whatever is written over whatever is whole: items, and the next argument."""
    tmp_path = tmp_path_factory.mktemp("damaged")
    (tmp_path / "z.jpg").write_bytes(JPEG)
    whole = (
        zipped(("a.jpg", JPEG), ("b.jpg", JPEG), method=8)
        if name == "x.zip"
        else photo() + photo("b.jpg") + END_MARK
    )
    if name not in {"x.zip", "x.tar"}:
        whole = _packed(name, whole)
    at = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=40))
    (tmp_path / name).write_bytes(whole[:at] + junk + whole[at + len(junk) :])

    items = list(batch_sources([str(tmp_path / name), str(tmp_path / "z.jpg")], None, OPTIONS))

    assert Photo(source=f"{tmp_path}/z.jpg", path=f"{tmp_path}/z.jpg") == items[-1]
    assert sum(getattr(item, "path", "") == f"{tmp_path}/{name}" for item in items) <= 1
    codes = {item.code for item in items if isinstance(item, Failure)}
    assert codes <= {
        "corrupt",
        "truncated",
        "empty",
        "not_found",
        "limit_memory",
        "limit_file_size",
        "unsupported_variant",
    }


@pytest.mark.parametrize("name", ["x.tar", "x.tgz", "x.tar.zst", "x.zip"])
def test_an_archive_that_is_not_there_is_a_failure(tmp_path, name):
    """Like a photo that is not there."""
    (item,) = batch_sources([str(tmp_path / name)], None, OPTIONS)

    assert "not_found" == item.code


def test_a_pipe_called_archive_is_not_waited_for(tmp_path):
    """Opening one would block for ever."""
    os.mkfifo(tmp_path / "x.tar")

    (item,) = batch_sources([str(tmp_path / "x.tar")], None, OPTIONS)

    assert "not_a_file" == item.code


def test_archives_in_folders_are_left_out(tmp_path):
    """Named in the note, as every other file that is no picture."""
    (tmp_path / "a.jpg").write_bytes(JPEG)
    (tmp_path / "x.zip").write_bytes(zipped(("b.jpg", JPEG)))

    one, note = batch_sources([str(tmp_path)], None, OPTIONS)

    assert f"{tmp_path}/a.jpg" == one.path
    assert "left out 1 other file" in note.text


def test_the_count_of_what_was_unpacked_rules_not_the_header():
    """The sum, over all that came before."""
    expansion = meter.Expansion(free_bytes=1_000)
    expansion.add(1_000 + 99 * 10, packed_bytes=10)

    with pytest.raises(LimitError, match="100 times"):
        expansion.add(11, packed_bytes=10)
