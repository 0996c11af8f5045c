"""Results that were chosen, as a file."""

from __future__ import annotations

import csv
import io
import json
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from api_service import API, NOWHERE

COLUMNS = [
    "result_id",
    "image_hash",
    "is_studio",
    "confidence",
    "label",
    "phase",
    "lighting_confidence",
    "model",
    "variant",
    "pipeline_version",
    "perceptual_hash",
    "processing_time_ms",
    "created_at",
]


def export(service, ids, **more):
    return service.http.post(f"{API}/results/export", json={"ids": ids, **more})


class TestExport:
    def test_lines_of_json_are_the_results(self, served):
        """In the order asked for, each once."""
        ids = [served.done(f"good {number}")["id"] for number in range(3)]

        answer = export(served, [ids[2], ids[0], ids[2]])

        assert "application/x-ndjson" == answer.headers["content-type"]
        assert "0" == answer.headers["results-left-out"]
        rows = [json.loads(line) for line in answer.text.splitlines()]
        assert [served.get(f"/results/{name}").json() for name in (ids[2], ids[0])] == rows

    def test_tables_have_plain_columns(self, served):
        """The same in both formats, and the names that exports of batches have."""
        results = [served.done(f"good {number}") for number in range(2)]
        ids = [result["id"] for result in results]

        sheet = export(served, ids, format="csv")
        table = export(served, ids, format="parquet")

        assert 'attachment; filename="results.csv"' == sheet.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(sheet.text)))
        parquet = pq.read_table(io.BytesIO(table.content)).to_pylist()
        for found in (rows, parquet):
            assert [COLUMNS] * 2 == [list(row) for row in found]
            assert ids == [row["result_id"] for row in found]
        assert [result["confidence"] for result in results] == [
            row["confidence"] for row in parquet
        ]
        assert [result["created_at"] for result in results] == [row["created_at"] for row in rows]

    @pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
    def test_what_there_is_not_is_left_out(self, served, form):
        """And how many those are is told; a file without rows is one, too."""
        known = served.done()["id"]

        some = export(served, [NOWHERE, known, str(uuid4()), NOWHERE], format=form)
        none = export(served, [NOWHERE], format=form)

        assert (200, "2") == (some.status_code, some.headers["results-left-out"])
        assert (200, "1") == (none.status_code, none.headers["results-left-out"])
        assert known.encode() in some.content
        if form == "parquet":
            assert 0 == pq.read_table(io.BytesIO(none.content)).num_rows

    def test_as_many_as_may_be_named_are_taken(self, closed):
        """And not one more."""
        ids = [str(uuid4()) for _ in range(10_001)]

        most = export(closed, ids[1:])
        more = export(closed, ids)

        assert (200, "10000") == (most.status_code, most.headers["results-left-out"])
        assert (422, "request_invalid") == (more.status_code, more.json()["code"])

    @pytest.mark.parametrize(
        "body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": [NOWHERE], "format": "xml"}, []]
    )
    def test_what_does_not_fit_is_refused(self, closed, body):
        """With its place."""
        answer = closed.http.post(f"{API}/results/export", json=body)

        assert (422, "request_invalid") == (answer.status_code, answer.json()["code"])

    def test_bodies_are_json_within_bounds(self, closed):
        """Since they are read into memory."""
        where = f"{API}/results/export"
        form = closed.http.post(where, data={"ids": NOWHERE})
        large = closed.http.post(
            where, content=b" " * 700_000, headers={"Content-Type": "application/json"}
        )

        assert (415, "body_unsupported") == (form.status_code, form.json()["code"])
        assert (413, "limit_file_size") == (large.status_code, large.json()["code"])
