"""One JSON format, read strictly."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decision.model_examples import models, small_model
from studio_detector.decision import model_file
from studio_detector.errors import ModelError


def _read(document: object):
    return model_file.loads(json.dumps(document), source="damaged.json")


class TestRoundTrip:
    @settings(max_examples=50)
    @given(model=models())
    def test_what_is_written_reads_back_equal(self, model):
        text = model_file.dumps(model)

        assert model == model_file.loads(text, source="x")
        assert text == model_file.dumps(model_file.loads(text, source="x"))

    def test_each_shape_stands_on_its_own_line(self):
        text = model_file.dumps(small_model())

        assert 3 == sum('"measure"' in line for line in text.splitlines())


class TestDigest:
    def test_does_not_depend_on_the_layout_of_the_file(self):
        model = small_model()
        document = dict(reversed(model_file.to_document(model).items()))

        assert model.digest == _read(document).digest

    @pytest.mark.parametrize("value", [0.5000001, 0.25])
    def test_changes_with_any_number(self, value):
        document = model_file.to_document(small_model())
        document["lighting"]["intercept"] = value

        assert small_model().digest != _read(document).digest

    def test_whole_and_broken_numbers_of_one_value_are_the_same(self):
        document = model_file.to_document(small_model())
        document["full"]["shapes"][0]["knots"] = [0, 1]

        assert small_model().digest == _read(document).digest


def _paths(node: object, path: tuple = ()) -> list[tuple]:
    found = [path] if path else []
    if isinstance(node, dict) and "card" not in path:
        for key, child in node.items():
            found += _paths(child, (*path, key))
    if isinstance(node, list):
        for index, child in enumerate(node):
            found += _paths(child, (*path, index))
    return found


_PATHS = [p for p in _paths(model_file.to_document(small_model())) if "card" not in p[1:]]
_OBJECTS = [(), ("lighting",), ("full", "calibration"), ("full", "shapes", 0)]


def _damaged(path: tuple, value: object) -> dict:
    document = copy.deepcopy(model_file.to_document(small_model()))
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return document


class TestDamage:
    @pytest.mark.parametrize("path", _PATHS, ids=lambda path: ".".join(map(str, path)))
    @pytest.mark.parametrize("value", [None, True, "text?", {"k": []}], ids=repr)
    def test_a_value_of_the_wrong_type_is_an_error(self, path, value):
        if isinstance(value, str) and path in {("name",), ("version",)}:
            value = ["text?"]
        if value is True and path == ("format",):
            value = 1.5
        if isinstance(value, dict) and path == ("card",):
            value = [value]

        with pytest.raises(ModelError, match=r"damaged\.json") as caught:
            _read(_damaged(path, value))

        assert "model_invalid" == caught.value.code

    @pytest.mark.parametrize("path", _OBJECTS, ids=str)
    def test_a_missing_key_is_named(self, path):
        document = copy.deepcopy(model_file.to_document(small_model()))
        node = document
        for key in path:
            node = node[key]
        for name in list(node):
            rest = node.pop(name)
            with pytest.raises(ModelError, match=name):
                _read(document)
            node[name] = rest

    @pytest.mark.parametrize("path", _OBJECTS, ids=str)
    def test_an_unknown_key_is_named(self, path):
        with pytest.raises(ModelError, match="unknown: surplus"):
            _read(_damaged((*path, "surplus"), 1))

    def test_another_format_says_what_to_do(self):
        with pytest.raises(ModelError, match=r"format must be 1; use the release .* got 2"):
            _read(_damaged(("format",), 2))

    @pytest.mark.parametrize(
        "text",
        ["", "{", "[]", "null", '"text"', "{} {}", '{"format": 1, "format": 1}', "[" * 100_000],
        ids=["empty", "cut", "list", "null", "text", "two", "double key", "deep"],
    )
    def test_text_that_is_no_model_is_an_error(self, text):
        with pytest.raises(ModelError, match=r"x\.json"):
            model_file.loads(text, source="x.json")

    @pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_numbers_that_are_not_finite_are_refused(self, constant):
        text = model_file.dumps(small_model()).replace(
            '"intercept": 0.5', f'"intercept": {constant}'
        )

        with pytest.raises(ModelError):
            model_file.loads(text, source="x.json")

    def test_a_whole_number_too_large_for_a_float_is_refused(self):
        with pytest.raises(ModelError, match="64 bits"):
            _read(_damaged(("lighting", "intercept"), 10**400))

    @settings(max_examples=100)
    @given(data=st.data())
    def test_a_file_cut_anywhere_is_an_error(self, data):
        text = model_file.dumps(small_model()).rstrip()
        cut = data.draw(st.integers(0, len(text) - 1))

        with pytest.raises(ModelError):
            model_file.loads(text[:cut], source="x.json")
