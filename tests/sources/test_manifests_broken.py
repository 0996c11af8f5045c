"""Lists that are broken, in rows or as a whole."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from studio_detector.errors import ConfigError
from studio_detector.pipeline.report import Failure
from studio_detector.sources.manifests import rows, table
from studio_detector.sources.open import SourceOptions, batch_sources
from studio_detector.sources.photo import Photo


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """Read a list from its bytes: names, and places of failures with their code and message."""
    monkeypatch.chdir(tmp_path)

    def listed(name, data, **options):
        (tmp_path / name).write_bytes(data)
        return [
            item.path if isinstance(item, Photo) else (item.path, item.code, item.message)
            for item in batch_sources([name], None, SourceOptions(**options))
        ]

    return listed


def refusal(listed, name, data, **options):
    with pytest.raises(ConfigError) as caught:
        listed(name, data, **options)
    assert "manifest_invalid" == caught.value.code
    assert f"the list {name!r} cannot be used: " in caught.value.message
    return caught.value.message


def parquet_of(**columns):
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


class TestRows:
    """A broken row is one failure, with its number; the others go on."""

    @pytest.mark.parametrize(
        ("name", "data", "place", "words"),
        [
            ("l.txt", b"a.jpg\nb\0.jpg\nc.jpg\n", 2, "give -0"),
            ("l.csv", b'path\na.jpg\n"b".jpg\nc.jpg\n', 3, "no row of a CSV"),
            ("l.csv", b"n,path\n1,a.jpg\n2\n3,c.jpg\n", 3, "ends before the column 'path'"),
            ("l.csv", b"n,path\n1,a.jpg\n2,\n3,c.jpg\n", 3, "names no photo"),
            ("l.csv", b'path\na.jpg\n""\nc.jpg\n', 3, "names no photo"),
            ("l.jsonl", b'"a.jpg"\n{"path":\n"c.jpg"\n', 2, "no JSON"),
            ("l.jsonl", b'"a.jpg"\nnull\n"c.jpg"\n', 2, "names no photo"),
            ("l.jsonl", b'"a.jpg"\n""\n"c.jpg"\n', 2, "names no photo"),
            ("l.jsonl", b'"a.jpg"\n["b.jpg"]\n"c.jpg"\n', 2, "type list"),
            ("l.jsonl", b'"a.jpg"\n12\n"c.jpg"\n', 2, "type int"),
            ("l.jsonl", b'{"path":"a.jpg"}\n{"url":"b.jpg"}\n"c.jpg"\n', 2, "no 'path'"),
            ("l.jsonl", b'"a.jpg"\n{"n":1,"size":2}\n"c.jpg"\n', 2, "cannot be told"),
            ("l.jsonl", b'{"path":"a.jpg"}\n{"path":null}\n"c.jpg"\n', 2, "names no photo"),
            ("l.jsonl", b'"a.jpg"\n' + b"[" * 99_999 + b'\n"c.jpg"\n', 2, "no JSON"),
            ("l.jsonl", b'"a.jpg"\n' + b"9" * 99_999 + b'\n"c.jpg"\n', 2, "no JSON"),
            ("l.parquet", parquet_of(path=["a.jpg", None, "c.jpg"]), 2, "names no photo"),
            ("l.parquet", parquet_of(path=["a.jpg", "", "c.jpg"]), 2, "names no photo"),
        ],
    )
    def test_one_is_broken(self, listed, name, data, place, words):
        """In every way there is."""
        first, broken, last = listed(name, data)

        assert ("a.jpg", "c.jpg") == (first, last)
        assert (f"{name}:{place}", "manifest_invalid") == broken[:2]
        assert f"row {place} of the list {name!r} " in broken[2]
        assert words in broken[2]

    @pytest.mark.parametrize(
        ("name", "before", "unit", "after"),
        [
            ("l.txt", b"a.jpg\n", b"x", b"\nc.jpg\n"),
            ("l.csv", b"path\na.jpg\n", b"x", b"\nc.jpg\n"),
            ("l.csv", b"path\na.jpg\n", b"x,", b"\nc.jpg\n"),
            ("l.jsonl", b'"a.jpg"\n', b"[", b'\n"c.jpg"\n'),
            ("l.jsonl", b'"a.jpg"\n"', b"x", b'"\n"c.jpg"\n'),
        ],
    )
    def test_a_line_that_does_not_end_is_not_held(self, listed, name, before, unit, after):
        """Three megabytes of one line."""
        first, broken, last = listed(name, before + unit * (3_000_000 // len(unit)) + after)

        assert ("a.jpg", "c.jpg") == (first, last)
        assert "manifest_invalid" == broken[1]
        assert len(broken[2]) < 500

    def test_a_quote_that_does_not_end_is_not_held(self, listed):
        """Rows that one quoted cell swallows are bounded together."""
        swallowed = b'1,"' + b'x.jpg\n"",""' * 200_000
        cells = listed("l.csv", b"n,path\n1,a.jpg\n" + swallowed + b"\n9,z.jpg\n")

        assert "a.jpg" == cells[0]
        assert "manifest_invalid" == cells[1][1]
        assert "z.jpg" == cells[-1]

    def test_many_cells_that_span_lines_are_bounded_together(self, listed):
        """Each of them is small, and each line too."""
        first, broken, *_ = listed("l.csv", b"n,path\n1,a.jpg\n2," + b'"x\n",' * 300_000)

        assert "a.jpg" == first
        assert f"longer than {table.LONGEST_ROW_BYTES} bytes" in broken[2]

    @pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_string()])
    def test_a_long_cell_of_parquet_is_one_failure(self, listed, kind):
        """It names nothing."""
        column = pa.array(["a.jpg", "x" * (rows.LONGEST_NAME_BYTES + 1), "c.jpg"]).cast(kind)

        first, broken, last = listed("l.parquet", parquet_of(path=column))

        assert ("a.jpg", "c.jpg", "l.parquet:2") == (first, last, broken[0])

    def test_blank_lines_count_but_name_nothing(self, listed):
        """So that numbers are those an editor shows."""
        assert ["a.jpg", "b.jpg"] == listed("l.txt", b"\na.jpg\n \t\n\r\nb.jpg")
        assert ["a.jpg"] == listed("l.jsonl", b'\n\n"a.jpg"\n\n')
        assert ["a.jpg", "b.jpg"] == listed("l.csv", b"path\n\na.jpg\n\r\nb.jpg")
        *_, broken = listed("l.jsonl", b'\n"a.jpg"\n\n!\n')
        assert "l.jsonl:4" == broken[0]

    def test_damage_within_a_parquet_ends_the_list_alone(self, listed):
        """What was read before it counts, and the next argument comes."""
        sink = io.BytesIO()
        names = [f"{n:06d}.jpg" for n in range(20_000)]
        parquet.write_table(
            pa.table({"path": names}), sink, row_group_size=5_000, use_dictionary=False
        )
        data = bytearray(sink.getvalue())
        third = parquet.ParquetFile(sink).metadata.row_group(2).column(0)
        data[third.data_page_offset : third.data_page_offset + 60] = b"\xff" * 60

        *good, broken = listed("l.parquet", bytes(data))

        assert names[: len(good)] == good
        assert 5_000 <= len(good) <= 10_000
        assert (f"l.parquet:{len(good) + 1}", "manifest_invalid") == broken[:2]
        assert "those after it are damaged" in broken[2]


class TestWholes:
    """A list that cannot be used at all is told before anything runs."""

    @pytest.mark.parametrize(
        ("name", "data", "words"),
        [
            ("l.csv", b"", "no header"),
            ("l.csv", b"\n\n", "no header"),
            ("l.csv", b"name,size\na.jpg,1\n", "columns: 'name', 'size'; name one with --column"),
            ("l.csv", b"path,PATH\na.jpg,1\n", "2 times"),
            ("l.csv", b"a.jpg\nb.jpg\n", "instead of a header"),
            ("l.csv", b'"path\na.jpg', "header is broken"),
            ("l.csv", b"x" * 2_000_000, "header is broken"),
            ("l.csv", "path\na.jpg".encode("utf-16"), "save it as UTF-8"),
            ("l.txt", "a.jpg\n".encode("utf-16"), "save it as UTF-8"),
            ("l.jsonl", '"a.jpg"\n'.encode("utf-16"), "save it as UTF-8"),
            ("l.jsonl", b'!\n{"name":"a.jpg","size":1}\n', "line 2: it cannot be told"),
            ("l.parquet", b"", "no whole Parquet"),
            ("l.parquet", b"PAR1 and something else PAR1", "no whole Parquet"),
            ("l.parquet", parquet_of(path=[1, 2]), "type int64, not text"),
            ("l.parquet", parquet_of(image=[{"bytes": b"", "path": "a.jpg"}]), "not text"),
            ("l.parquet", parquet_of(a=["a.jpg"], b=["b.jpg"]), "columns: 'a', 'b'"),
        ],
    )
    def test_without_a_column_of_photos(self, listed, name, data, words):
        """With what is there, and what to do."""
        assert words in refusal(listed, name, data)

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("l.csv", b"path,size\na.jpg,1\n"),
            ("l.jsonl", b'{"path":"a.jpg","size":1}\n'),
            ("l.parquet", parquet_of(path=["a.jpg"], size=[1])),
        ],
    )
    def test_without_the_column_asked_for(self, listed, name, data):
        """Though another would do."""
        assert "no column 'picture'" in refusal(listed, name, data, column="picture")

    def test_hostile_columns_are_shown_harmlessly_and_briefly(self, listed):
        """A header may hold anything."""
        header = ",".join(["\x1b[2J" + "x" * 10_000] * 60).encode()

        message = refusal(listed, "l.csv", header + b"\n1\n")

        assert message.isprintable()
        assert len(message) < 3_000

    def test_nothing_runs_before_the_last_list_is_known_to_be_good(self, tmp_path):
        """A mistake shows at once, not after a night."""
        with pytest.raises(ConfigError, match=r"no file '.*gone\.csv'"):
            batch_sources([str(tmp_path), str(tmp_path / "gone.csv")], None, SourceOptions())

    def test_a_list_that_a_pattern_finds_fails_in_its_place(self, tmp_path):
        """Patterns are expanded late."""
        (tmp_path / "b.csv").write_bytes(b"x,y\n")
        (tmp_path / "c.txt").write_bytes(b"c.jpg\n")

        broken, photo = batch_sources([str(tmp_path / "?.*")], None, SourceOptions())

        assert (f"{tmp_path}/b.csv", "manifest_invalid") == (broken.path, broken.code)
        assert f"{tmp_path}/c.jpg" == photo.path

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("l.txt", b"\n\n"),
            ("l.csv", b"path\n"),
            ("l.jsonl", b""),
            ("l.parquet", parquet_of(path=pa.array([], pa.string()))),
        ],
    )
    def test_a_list_of_nothing_is_a_failure(self, listed, name, data):
        """Silence would look like success."""
        ((path, code, message),) = listed(name, data)

        assert (name, "not_found") == (path, code)
        assert "names no photo" in message


class TestColumns:
    """Which column holds the names."""

    @pytest.mark.parametrize(
        "header", ["path", "File", "FILENAME", " image ", "Photo", "url", "anything at all"]
    )
    def test_usual_names_and_only_columns_are_found(self, listed, header):
        """In any case."""
        assert ["a.jpg"] == listed("l.csv", f"{header}\na.jpg\n".encode())

    def test_the_most_exact_of_the_usual_names_wins(self, listed):
        """A path is nearer than an address."""
        assert ["a.jpg"] == listed("l.csv", b"url,path\nhttp://b,a.jpg\n")
        assert ["a.jpg"] == listed("l.jsonl", json.dumps({"url": "b", "path": "a.jpg"}).encode())
        assert ["a.jpg"] == listed("l.parquet", parquet_of(url=["b"], path=["a.jpg"]))

    def test_results_of_this_program_are_lists_too(self, listed):
        """So that failed photos can be tried again."""
        failure = Failure(path="odd-\udce9.jpg", code="corrupt", message="x")

        assert ["odd-\udce9.jpg"] == listed("l.jsonl", failure.to_json().encode())


@pytest.mark.parametrize("name", ["l.csv", "l.jsonl", "l.txt", "l.parquet"])
@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=300) | st.text('",;\n\r{}:[]ap\\', max_size=80).map(str.encode))
def test_any_bytes_are_a_list_or_refused(tmp_path_factory, name, data):
    """Nothing else comes out than items and our own errors."""
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(data)
    try:
        found = list(batch_sources([str(path)], None, SourceOptions()))
    except ConfigError as error:
        found = [Failure.of(None, error)]

    assert found
    assert all(isinstance(item, Photo | Failure) for item in found)
    assert {getattr(item, "code", "photo") for item in found} <= {
        "photo",
        "manifest_invalid",
        "not_found",
        "unsupported_scheme",
    }


def test_rows_before_a_long_one_keep_their_numbers(listed):
    """A skipped line is one line."""
    data = b"path\n" + b"x" * (table.LONGEST_ROW_BYTES * 2) + b"\n\n!\n" + b'""\n'

    long, shout, empty = listed("l.csv", data)

    assert ("l.csv:2", "!", "l.csv:5") == (long[0], shout, empty[0])
