"""Results as rows of the frozen schema."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest

import sample_reports
from studio_detector.batch.arrow import ROW_SCHEMA_KEY, record_batch, schema_of
from studio_detector.batch.rows import ROW_SCHEMA_VERSION, chosen_columns, row_columns, row_of
from studio_detector.errors import ConfigError

KINDS = {"text": str, "number": float, "whole": int, "truth": bool}
FAILED = sample_reports.failure().to_dict()
FULL = sample_reports.detail_report(warnings=("one", "two")).to_dict(verbose=True) | {
    "sha256": "ab" * 32,
    "file_bytes": 1234,
    "duplicate_of": "first.jpg",
    "pdq": "0" * 64,
    "pdq_quality": 77,
    "near_duplicate_group": 3,
}


def _columns(**choices):
    return row_columns(sample_reports.SPECS, **choices)


def _named(result, columns):
    return dict(zip([c.name for c in columns], row_of(result, columns), strict=True))


def test_the_columns_of_version_1_stay_as_they_are():
    """Whoever changes this list raises ROW_SCHEMA_VERSION, unless a column is only added."""
    assert 1 == ROW_SCHEMA_VERSION
    assert [
        ("path", "text"),
        ("is_studio", "truth"),
        ("confidence", "number"),
        ("label", "text"),
        ("phase", "text"),
        ("score_shadow", "number"),
        ("score_far_backdrop", "number"),
        ("model", "text"),
        ("variant", "text"),
        ("version", "text"),
        ("warnings", "text"),
        ("error_code", "text"),
        ("error_message", "text"),
        ("lighting_confidence", "number"),
        ("logit", "number"),
        ("format", "text"),
        ("original_rows_px", "whole"),
        ("original_columns_px", "whole"),
        ("rows_px", "whole"),
        ("columns_px", "whole"),
        ("sha256", "text"),
        ("file_bytes", "whole"),
        ("duplicate_of", "text"),
        ("path_bytes", "text"),
        ("pdq", "text"),
        ("pdq_quality", "whole"),
        ("near_duplicate_group", "whole"),
        ("decode_ms", "number"),
        ("lighting_ms", "number"),
        ("network_ms", "number"),
        ("detail_ms", "number"),
        ("total_ms", "number"),
        ("shadow.softness_px", "number"),
        ("shadow.depth_ratio", "number"),
        ("far_backdrop.tilt", "number"),
    ] == [(c.name, c.kind) for c in _columns(near_duplicates=True)]


def test_a_report_fills_every_column_it_has_a_fact_for():
    """And measurements keep all their digits."""
    row = _named(FULL, _columns(near_duplicates=True))

    assert (1200, 800, 512, 341) == tuple(
        row[name] for name in ("original_rows_px", "original_columns_px", "rows_px", "columns_px")
    )
    assert ("ab" * 32, 1234, "first.jpg", 77, 3) == tuple(
        row[name]
        for name in ("sha256", "file_bytes", "duplicate_of", "pdq_quality", "near_duplicate_group")
    )
    assert "one; two" == row["warnings"]
    assert 3.25 == row["shadow.softness_px"]
    assert row["shadow.depth_ratio"] is None
    assert -12.0 == row["far_backdrop.tilt"]


def test_a_failure_fills_its_error_and_what_is_known_of_the_file():
    """Everything else is null, not zero."""
    row = _named(FAILED | {"sha256": "cd" * 32, "file_bytes": 0}, _columns())

    assert {
        "path": "b.jpg",
        "error_code": "truncated",
        "error_message": "it ends early; copy it again",
        "sha256": "cd" * 32,
        "file_bytes": 0,
    } == {name: cell for name, cell in row.items() if cell not in (None, "")}


def test_groups_of_columns_can_be_left_out():
    """Without milliseconds, without measurements, without hashes."""
    names = {c.name for c in _columns(measurements=False, timing=False)}

    assert not [n for n in names if n.endswith("_ms") or "." in n or n.startswith("pdq")]


@pytest.mark.parametrize("result", [FULL, FAILED], ids=["report", "failure"])
def test_cells_are_none_or_of_the_kind_of_their_column(result):
    """Exactly: a whole number in a column of numbers becomes a float."""
    columns = _columns(near_duplicates=True)

    for column, cell in zip(columns, row_of(result, columns), strict=True):
        assert cell is None or type(cell) is KINDS[column.kind], column.name


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"z\xfcrich.jpg", "z\\udcfcrich.jpg"),
        (b"\xff\xfe", "\\udcff\\udcfe"),
    ],
)
def test_names_that_are_no_text_keep_their_bytes_beside_a_readable_form(raw, shown):
    """Neither Parquet nor SQLite takes them as they are."""
    row = _named(FAILED | {"path": os.fsdecode(raw)}, _columns())

    assert shown == row["path"]
    assert raw == bytes.fromhex(row["path_bytes"])


@pytest.mark.parametrize("path", ["a.jpg", "z\\udcfcrich.jpg", "照片\n\x00.jpg", "", None])
def test_names_that_are_text_stay_exactly_as_they_are(path):
    """Control characters included."""
    row = _named(FAILED | {"path": path}, _columns())

    assert (path, None) == (row["path"], row["path_bytes"])


def test_half_a_character_from_a_manifest_is_kept_too():
    """JSON can spell what no file system can."""
    row = _named(FAILED | {"path": "a\ud800"}, _columns())

    assert "a\\ud800" == row["path"]
    assert "a\ud800" == bytes.fromhex(row["path_bytes"]).decode("utf-8", "surrogatepass")


def test_chosen_columns_come_in_the_order_named_each_once():
    """Naming one twice changes nothing."""
    chosen = chosen_columns(_columns(), ["label", "path", "shadow.softness_px", "label"])

    assert ["label", "path", "shadow.softness_px"] == [c.name for c in chosen]


def test_unknown_columns_are_refused_with_the_nearest_name():
    """A spelling mistake costs no batch."""
    with pytest.raises(ConfigError, match=r"'confidense'; did you mean 'confidence'\?"):
        chosen_columns(_columns(), ["path", "confidense"])
    with pytest.raises(ConfigError, match="no column is named"):
        chosen_columns(_columns(), [])


def test_rows_become_arrow_batches_of_the_schema():
    """Kinds become types, None becomes null, the version stands in the metadata."""
    columns = _columns(near_duplicates=True)
    schema = schema_of(columns)
    batch = record_batch([row_of(FULL, columns), row_of(FAILED, columns)], schema)

    assert str(ROW_SCHEMA_VERSION).encode() == batch.schema.metadata[ROW_SCHEMA_KEY.encode()]
    assert pa.float64() == schema.field("shadow.softness_px").type
    assert pa.int64() == schema.field("file_bytes").type
    assert pa.bool_() == schema.field("is_studio").type
    assert [3.25, None] == batch.column("shadow.softness_px").to_pylist()
    assert ["detail", None] == batch.column("phase").to_pylist()
    assert 0 == record_batch([], schema).num_rows
