"""One record batch of photos in, one of rows out."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path

import cv2
import pyarrow as pa
import pytest

import synthetic_scenes
from studio_detector.analysis.registry import Registry
from studio_detector.batch.engines.replica import Replica, input_columns
from studio_detector.batch.engines.spark_engine import score_partition, spark_schema
from studio_detector.batch.rows import row_columns
from studio_detector.batch.scoring import Scorer, kept_scorer, score_batch
from studio_detector.errors import CODES, ConfigError
from studio_detector.pipeline.settings import Settings

LIGHTING = Settings(phases="lighting", model="rules")


def _jpeg(name="hard_sun"):
    small = cv2.resize(synthetic_scenes.sample(name), (128, 96), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small)[1].tobytes()


def _batch(**columns):
    return pa.record_batch(columns)


def _scored(batch, settings=LIGHTING):
    return score_batch(batch, settings, timing=False).to_pylist()


def test_bytes_and_paths_give_the_same_rows(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(_jpeg())

    by_path = _scored(_batch(path=[str(path)]))
    by_bytes = _scored(_batch(bytes=[_jpeg()]))
    by_both = _scored(_batch(path=["s3://bucket/a.jpg"], bytes=[_jpeg()]))

    assert by_path[0]["error_code"] is None
    assert by_path[0] | {"path": None} == by_bytes[0]
    assert by_path[0] | {"path": "s3://bucket/a.jpg"} == by_both[0]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
def test_bytes_of_every_width_are_taken(kind):
    (row,) = _scored(_batch(bytes=pa.array([_jpeg()], kind)))

    assert (None, len(_jpeg())) == (row["error_code"], row["file_bytes"])


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_paths_of_every_width_are_taken(kind):
    (row,) = _scored(_batch(path=pa.array(["missing.jpg"], kind)))

    assert ("missing.jpg", "not_found") == (row["path"], row["error_code"])


def test_a_name_that_is_no_text_is_found(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff.jpg"
    Path(os.fsdecode(name)).write_bytes(_jpeg())

    (row,) = _scored(_batch(path=pa.array([name], pa.binary())))

    assert (None, name.hex()) == (row["error_code"], row["path_bytes"])


@pytest.mark.parametrize(
    ("path", "data", "code"),
    [
        ("missing.jpg", None, "not_found"),
        ("nul\0.jpg", None, "not_found"),
        ("s3://bucket/never-came.jpg", None, "read_failed"),
        (None, None, "read_failed"),
        (None, b"", "empty"),
        ("a.jpg", b"no picture", "unsupported_format"),
        ("a.jpg", _jpeg()[:700], "truncated"),
    ],
)
def test_what_is_wrong_with_a_photo_stands_in_its_row_and_stops_nothing(path, data, code):
    batch = _batch(
        path=pa.array([path, "good"], pa.string()), bytes=pa.array([data, _jpeg()], pa.binary())
    )

    bad, good = _scored(batch)

    assert (path, code, None) == (bad["path"], bad["error_code"], bad["confidence"])
    assert code in CODES
    assert bad["error_message"]
    assert (None, "good") == (good["error_code"], good["path"])


def test_what_could_be_read_has_its_digest_even_if_it_could_not_be_decoded():
    (row,) = _scored(_batch(bytes=[b"no picture"]))

    assert 10 == row["file_bytes"]
    assert hashlib.sha256(b"no picture").hexdigest() == row["sha256"]


def test_a_defect_fails_one_row(monkeypatch):
    """A plugin may raise anything."""
    scorer = Scorer(LIGHTING, timing=False)
    analyse = scorer.detector.analyse
    calls = []

    def fail_first(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 1:
            raise ZeroDivisionError("on purpose")
        return analyse(*arguments, **options)

    monkeypatch.setattr(scorer.detector, "analyse", fail_first)
    bad, good = scorer(_batch(bytes=[_jpeg(), _jpeg()])).to_pylist()

    assert ("internal", len(_jpeg())) == (bad["error_code"], bad["file_bytes"])
    assert good["error_code"] is None


def test_the_schema_is_that_of_every_batch_even_of_an_empty_one():
    scorer = Scorer(LIGHTING)

    some = scorer(_batch(bytes=[_jpeg()]))
    none = scorer(_batch(path=pa.array([], pa.string())))

    assert 0 == none.num_rows
    assert scorer.schema.equals(some.schema, check_metadata=True)
    assert scorer.schema.equals(none.schema, check_metadata=True)
    specs = [analysis.SPEC for analysis in Registry.load()]
    assert [column.name for column in row_columns(specs)] == scorer.schema.names


def test_without_timing_equal_bytes_give_equal_rows():
    first, second = _scored(_batch(bytes=[_jpeg(), _jpeg()]))

    assert first == second
    assert not any(name.endswith("_ms") for name in first)


@pytest.mark.parametrize(
    "batch",
    [
        _batch(name=["a.jpg"]),
        _batch(path=[1]),
        _batch(bytes=["text"]),
        pa.record_batch([["a"], ["b"]], names=["path", "path"]),
    ],
    ids=["neither", "number", "text as bytes", "twice"],
)
def test_a_batch_that_holds_no_photos_is_refused(batch):
    with pytest.raises(ConfigError) as caught:
        _scored(batch)

    assert "config_invalid_value" == caught.value.code


def test_only_the_settings_of_a_scorer_travel():
    """A detector holds modules and perhaps a child process."""
    scorer = Scorer(LIGHTING, timing=False)
    batch = _batch(bytes=[_jpeg()])
    before = scorer(batch)

    travelled = pickle.loads(pickle.dumps(scorer))

    assert len(pickle.dumps(scorer)) < 2_000
    assert before.equals(travelled(batch))


def test_a_process_keeps_one_detector_for_equal_settings():
    weighted = {"shadow": 0.25, "highlight": 0.25, "colour_temperature": 0.25, "background": 0.25}

    first = kept_scorer(Settings(model="rules", rule_weights=dict(weighted)))
    again = kept_scorer(Settings(model="rules", rule_weights=dict(weighted)))
    other = kept_scorer(Settings(model="rules"))

    assert first is again
    assert first is not other
    assert weighted == first.detector.settings.rule_weights


def test_isolation_changes_no_row():
    batch = _batch(bytes=[_jpeg(), b"no picture"])

    with Scorer(Settings(phases="lighting", model="rules", isolate=True), timing=False) as scorer:
        assert _scored(batch) == scorer(batch).to_pylist()


def test_a_replica_on_other_ground_than_its_program_says_so():
    """Another version or other plugins would write other rows beside ours."""
    expected = Scorer(LIGHTING, timing=False).schema
    newer = expected.with_metadata({**expected.metadata, b"studio_detector.version": b"9"})
    plugin = expected.append(pa.field("flowers.petals", pa.float64()))

    for schema, difference in ((newer, "b'9'"), (plugin, "flowers.petals")):
        with pytest.raises(ConfigError, match=difference):
            Replica(LIGHTING, timing=False, expected=schema)
    assert (
        1 == Replica(LIGHTING, timing=False, expected=expected).score(_batch(path=["a"])).num_rows
    )


def test_input_columns_are_found_among_others():
    assert ["path", "bytes"] == input_columns(["length", "bytes", "path"])
    with pytest.raises(ConfigError, match="length"):
        input_columns(["length"])


def test_spark_is_told_every_column_with_its_type():
    schema = spark_schema(LIGHTING, timing=False)

    named = dict(part.rsplit(" ", 1) for part in schema.split(", "))
    assert [f"`{name}`" for name in Scorer(LIGHTING, timing=False).schema.names] == list(named)
    assert ("string", "double", "boolean", "bigint") == tuple(
        named[f"`{name}`"] for name in ("path", "confidence", "is_studio", "file_bytes")
    )


def test_spark_takes_batches_one_at_a_time():
    """A partition may be larger than memory."""
    given = []

    def batches():
        for number in range(3):
            given.append(number)
            yield _batch(path=[f"{number}.jpg"])

    scored = score_partition(LIGHTING, timing=False)(batches())

    assert "0.jpg" == next(scored)["path"][0].as_py()
    assert [0] == given
