"""The JSON of answers is JSON, whatever stands in names and numbers."""

from __future__ import annotations

import json
import math

import pytest

from studio_detector.service.api.serialise import json_bytes


def strict(data):
    """Read JSON as other languages do, which know no NaN."""

    def refuse(name):
        raise ValueError(name)

    return json.loads(data, parse_constant=refuse)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["a.jpg", "a\udcff.jpg"], ids=["text", "no text"])
def test_what_is_no_number_is_null(name, number):
    """Also beside a name of an archive that is no text."""
    found = strict(json_bytes({"name": name, "values": [number, {"a": number}], "one": 1.5}))

    assert {"name", "values", "one"} == found.keys()
    assert [None, {"a": None}] == found["values"]
    assert 1.5 == found["one"]
    assert found["name"].startswith("a")
    assert found["name"].endswith(".jpg")
