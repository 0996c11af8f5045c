"""Files of rows: what every format promises, and what is particular to each."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import batch_examples
from studio_detector.batch import files
from studio_detector.batch.arrow import ROW_SCHEMA_KEY
from studio_detector.batch.rows import ROW_SCHEMA_VERSION, chosen_columns, row_of
from studio_detector.batch.writers import parquet as parquet_writer
from studio_detector.batch.writers.base import Layout
from studio_detector.batch.writers.choose import WRITERS, writer_for
from studio_detector.batch.writers.parquet import ParquetWriter
from studio_detector.errors import ConfigError, MissingExtraError
from studio_detector.reporting.printable import defused
from studio_detector.reporting.tables import cell_text

# What file systems, archives and manifests may hold.
HOSTILE = [
    "plain.jpg",
    "with space, comma.jpg",
    'quote".jpg',
    "line\nfeed.jpg",
    "carriage\rreturn\r\n.jpg",
    "null\0byte.jpg",
    "=1+1.jpg",
    "@SUM(A1).jpg",
    "-minus.jpg",
    "\tTab.jpg",
    "'apostrophe.jpg",
    "照片 фото 🖼.jpg",
    "right\u202eto-left.jpg",
    "escape\x1b[2J.jpg",
    "'; DROP TABLE photos; --",
    "",
]
UNDECODABLE = os.fsdecode(b"z\xfcrich.jpg")


def _written(path, layout, results):
    writer = writer_for(path)(path, layout)
    for result in results:
        writer.write(result)
    writer.finish()
    return path


class WriterContract:
    """What all writers promise."""

    name: str

    def read(self, path, layout):
        """Rows of a file as tuples of cells, as the format can tell them."""
        raise NotImplementedError

    def expected(self, results, layout):
        """The same rows as `read` must return them."""
        return [row_of(result, layout.columns) for result in results]

    def layout(self, **choices):
        return batch_examples.layout(**choices)

    def test_rows_come_back_as_they_were(self, tmp_path):
        """Reports and failures, in order, with every digit."""
        results = [
            batch_examples.result("a.jpg", 0.1, logit=0.1 + 0.2),
            batch_examples.failure(),
            batch_examples.result("c.jpg", 0.55, duplicate_of="a.jpg", warnings=["x", "y"]),
        ]
        layout = self.layout()

        path = _written(tmp_path / self.name, layout, results)

        assert self.expected(results, layout) == self.read(path, layout)

    @pytest.mark.parametrize("path", [*HOSTILE, UNDECODABLE])
    def test_hostile_names_change_nothing_but_their_cell(self, tmp_path, path):
        """Neither other cells nor other rows."""
        results = [
            batch_examples.result("first.jpg"),
            batch_examples.failure(path, message=f"there is no file {path}"),
            batch_examples.result(path, duplicate_of=path),
            batch_examples.result("last.jpg"),
        ]
        layout = self.layout()

        file = _written(tmp_path / self.name, layout, results)

        assert self.expected(results, layout) == self.read(file, layout)

    def test_a_file_without_rows_can_be_read(self, tmp_path):
        """An empty folder of photos gives an empty table."""
        layout = self.layout()

        assert [] == self.read(_written(tmp_path / self.name, layout, []), layout)

    def test_equal_results_give_equal_bytes(self, tmp_path):
        """Without milliseconds, files can be compared by their digests."""
        layout = self.layout(timing=False)
        results = [batch_examples.result(f"{n}.jpg", 0.1 + n / 1000) for n in range(50)]

        first = _written(tmp_path / f"1{self.name}", layout, results).read_bytes()
        second = _written(tmp_path / f"2{self.name}", layout, results).read_bytes()

        assert first == second

    def test_a_file_that_is_there_is_replaced(self, tmp_path):
        """What a kill left under the temporary name must not shine through."""
        layout = self.layout()
        results = [batch_examples.result()]
        path = tmp_path / self.name
        path.write_bytes(b"rubbish" * 10_000)

        assert self.expected(results, layout) == self.read(_written(path, layout, results), layout)

    def test_chosen_columns_are_all_there_is(self, tmp_path):
        """In the order chosen."""
        columns = chosen_columns(batch_examples.layout().columns, ["confidence", "path"])
        layout = Layout(columns=columns, flat=True)
        results = [batch_examples.result("a.jpg", 0.25), batch_examples.failure("b.jpg")]

        path = _written(tmp_path / self.name, layout, results)

        assert self.expected(results, layout) == self.read(path, layout)
        assert b"softness" not in path.read_bytes()

    def test_a_writer_can_be_abandoned_at_any_time(self, tmp_path):
        """Twice, too, and after it was finished."""
        writer = writer_for(tmp_path / self.name)(tmp_path / self.name, self.layout())
        writer.write(batch_examples.result())
        writer.abandon()
        writer.abandon()

    def test_a_folder_that_is_not_there_is_an_error_of_the_disk(self, tmp_path):
        """So that whoever calls it can say what failed."""
        with pytest.raises(OSError, match=r"."):
            writer_for(tmp_path / self.name)(tmp_path / "no" / self.name, self.layout())

    def test_a_full_disk_is_an_error_of_the_disk(self, tmp_path):
        """Whenever it shows: while writing, or at the end."""
        with pytest.raises(OSError, match=r"(?i)space|full"):
            self.fill(self.on_a_full_disk(tmp_path / self.name))

    def on_a_full_disk(self, path):
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full")
        with pytest.MonkeyPatch.context() as patch:
            full = Path("/dev/full").open("wb")  # noqa: SIM115 - the writer closes it
            patch.setattr(files, "create", lambda _: full)
            return writer_for(path)(path, self.layout())

    def fill(self, writer):
        try:
            for number in range(1000):
                writer.write(batch_examples.result(f"{number}.jpg"))
            writer.finish()
        finally:
            writer.abandon()


class TestParquet(WriterContract):
    """Through pyarrow."""

    name = "rows.parquet"

    def on_a_full_disk(self, path):
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full")
        assert path.suffix == ".parquet"
        return ParquetWriter(Path("/dev/full"), self.layout())

    def read(self, path, layout):
        table = pq.read_table(path)
        assert [c.name for c in layout.columns] == table.column_names
        return [tuple(row.values()) for row in table.to_pylist()]

    def test_the_schema_tells_its_version(self, tmp_path):
        """In the metadata of the file."""
        path = _written(tmp_path / self.name, self.layout(), [batch_examples.result()])

        metadata = pq.read_schema(path).metadata
        assert str(ROW_SCHEMA_VERSION).encode() == metadata[ROW_SCHEMA_KEY.encode()]

    def test_row_groups_follow_from_the_number_of_rows_alone(self, tmp_path, monkeypatch):
        """Bounded, so that neither memory nor footer grows with the run."""
        monkeypatch.setattr(parquet_writer, "_ROWS_PER_BATCH", 5)
        monkeypatch.setattr(parquet_writer, "_BATCHES_PER_GROUP", 2)
        results = [batch_examples.result(f"{n}.jpg") for n in range(27)]

        path = _written(tmp_path / self.name, self.layout(), results)

        file = pq.ParquetFile(path)
        groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        assert [10, 10, 7] == groups
        assert [r["path"] for r in results] == pq.read_table(path).column("path").to_pylist()
        file.close()

    def test_without_pyarrow_the_extra_is_named_before_any_work(self, monkeypatch):
        """As for every optional package."""
        import sys

        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        with pytest.raises(MissingExtraError, match=r"studio-detector\[batch\]"):
            writer_for(Path(self.name))


class TestCsv(WriterContract):
    """RFC 4180 in UTF-8."""

    name = "rows.csv"

    def read(self, path, layout):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert [c.name for c in layout.columns] == header
        return [tuple(row) for row in rows]

    def expected(self, results, layout):
        return [
            tuple(defused(c) if isinstance(c, str) else cell_text(c) for c in row)
            for row in super().expected(results, layout)
        ]

    def test_formulas_are_defused_and_negative_numbers_are_not(self, tmp_path):
        """A name must not run in a spreadsheet."""
        columns = chosen_columns(self.layout().columns, ["path", "logit"])
        results = [batch_examples.result("=1+1.jpg", logit=-2.5)]

        path = _written(tmp_path / self.name, Layout(columns=columns, flat=True), results)

        assert "path,logit\n'=1+1.jpg,-2.5\n" == path.read_text(encoding="utf-8")


class TestJsonLines(WriterContract):
    """The JSON of a single photo, with more keys."""

    name = "rows.jsonl"

    def read(self, path, layout):
        rows = [json.loads(line) for line in path.read_bytes().splitlines()]
        if not layout.flat:
            return rows
        assert [[c.name for c in layout.columns]] * len(rows) == [list(row) for row in rows]
        return [tuple(row.values()) for row in rows]

    def expected(self, results, layout):
        return super().expected(results, layout) if layout.flat else results

    def test_it_is_one_line_a_row_whatever_the_names(self, tmp_path):
        """In ASCII, so that no reader breaks a line elsewhere."""
        results = [batch_examples.result(path) for path in [*HOSTILE, UNDECODABLE, "a\u2028b"]]

        data = _written(tmp_path / self.name, self.layout(), results).read_bytes()

        assert len(results) == len(data.splitlines()) == data.count(b"\n")
        assert data.isascii()

    def test_measurements_and_milliseconds_can_be_left_out(self, tmp_path):
        """The verdict, the facts of the file and the extras stay."""
        layout = self.layout(measurements=False, timing=False)

        (row,) = self.read(
            _written(tmp_path / self.name, layout, [batch_examples.result()]), layout
        )

        assert not row.keys() & {"measurements", "evidence", "missing", "intercept", "timing_ms"}
        assert {"path", "confidence", "components", "sha256", "file_bytes", "format"} <= row.keys()


class TestSqlite(WriterContract):
    """One table."""

    name = "rows.sqlite"

    def read(self, path, layout):
        database = sqlite3.connect(path)
        cursor = database.execute("SELECT * FROM photos ORDER BY rowid")
        assert [c.name for c in layout.columns] == [d[0] for d in cursor.description]
        rows = cursor.fetchall()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        assert ROW_SCHEMA_VERSION == version
        assert [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()
        database.close()
        return rows

    def test_more_rows_than_a_transaction_holds(self, tmp_path):
        """The last, unfinished one counts too."""
        columns = chosen_columns(self.layout().columns, ["path"])
        layout = Layout(columns=columns, flat=True)
        results = [batch_examples.result(f"{n}.jpg") for n in range(2001)]

        path = _written(tmp_path / self.name, layout, results)

        assert [(r["path"],) for r in results] == self.read(path, layout)

    def on_a_full_disk(self, path):
        writer = writer_for(path)(path, self.layout())
        writer._database.execute("PRAGMA max_page_count = 20")
        return writer


@pytest.mark.parametrize("suffix", WRITERS)
def test_suffixes_choose_whatever_their_case(suffix):
    """.PARQUET is .parquet."""
    assert WRITERS[suffix] is writer_for(Path(f"x{suffix.upper()}"))


@pytest.mark.parametrize("name", ["x", "x.xlsx", "x.parquet.gz", ".csv"])
def test_other_suffixes_are_refused_with_those_there_are(name):
    """Before anything is analysed."""
    with pytest.raises(ConfigError, match=r"\.parquet, \.csv, \.jsonl"):
        writer_for(Path(name))


def test_nothing_of_a_row_is_written_as_nan(tmp_path):
    """JSON has none; a result that holds one is a defect and shows."""
    path = tmp_path / "x.jsonl"
    writer = writer_for(path)(path, batch_examples.layout())
    with pytest.raises(ValueError, match=r"(?i)out of range|nan"):
        writer.write(batch_examples.result(logit=float("nan")))
    writer.abandon()
    assert b"" == path.read_bytes()
