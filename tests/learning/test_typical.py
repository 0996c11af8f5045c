"""What values measures take on studio and on natural photographs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from learning.synthetic_examples import synthetic
from studio_detector.analysis.registry import Registry
from studio_detector.learning.typical import dumps, typical_table
from studio_detector.reporting.typical import QUANTILES, typical_values


@pytest.fixture(scope="module")
def examples():
    return synthetic(400)


@pytest.fixture(scope="module")
def table(examples):
    keys = list(examples.registry.measures())
    first = keys[0]
    logits = np.where(examples.studio, 2.0, -2.0)
    return typical_table(examples.photos, examples.table, keys, {first: logits}), first


def test_each_class_has_its_own_quantiles(table):
    """Of the values handed in where they replace the table's."""
    found, replaced = table

    assert found["measures"][replaced]["studio"] == [2.0] * len(QUANTILES)
    assert found["measures"][replaced]["natural"] == [-2.0] * len(QUANTILES)


def test_quantiles_never_fall(table):
    for key, rows in table[0]["measures"].items():
        for row in rows.values():
            assert row == sorted(row), key


def test_what_is_written_reads_back(table):
    assert json.loads(dumps(table[0])) == table[0]


def test_the_shipped_table_knows_nothing_but_measures_that_exist():
    """A renamed measure must not leave its old row behind."""
    known = set(Registry.load().measures())
    shipped = typical_values()

    assert set(shipped) <= known
    assert all(len(row.studio) == len(row.natural) == len(QUANTILES) for row in shipped.values())
    assert all(row.low <= row.high for row in shipped.values())
