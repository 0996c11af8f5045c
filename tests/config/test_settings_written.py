"""Settings written out again, and what is known about each of them."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.config import render
from studio_detector.config.keys import all_keys, flat
from studio_detector.config.load import Options, load_settings
from studio_detector.config.origin import Assignment, Origin

_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_ASSIGNMENTS = st.fixed_dictionaries(
    {},
    optional={
        "model": _TEXT,
        "variant": _TEXT,
        "isolate": st.booleans(),
        "doubt_low": st.floats(0, 0.5),
        "limits.max_pixels": st.integers(1, 10**12),
        "limits.max_aspect_ratio": st.floats(1, 1e9),
        "disabled_analyses": st.lists(_TEXT, max_size=3),
        "rule_weights": st.dictionaries(_TEXT, st.floats(0, 1e9), max_size=3),
    },
)


def _resolved(values):
    return load_settings(
        Options(
            assignments=tuple(
                Assignment(name=name, value=value, origin=Origin("option", f"--{name}"))
                for name, value in values.items()
            )
        )
    )


@given(_ASSIGNMENTS, st.booleans())
def test_what_is_written_as_toml_can_be_read_back(tmp_path_factory, values, origin):
    """Equal settings, whatever text they hold, with and without origins."""
    resolved = _resolved(values)
    path = tmp_path_factory.getbasetemp() / "written.toml"
    path.write_text(render.as_toml(resolved, origin=origin), encoding="utf-8", newline="")

    assert resolved.settings == load_settings(Options(file=str(path))).settings


@given(_ASSIGNMENTS)
def test_the_json_form_holds_every_value(values):
    """Nested as in files."""
    resolved = _resolved(values)

    data = json.loads(render.as_json(resolved, origin=False))

    tables = {name: data.pop(name) for name in ("limits", "service")}
    found = data | {
        f"{table}.{name}": value
        for table, values in tables.items()
        for name, value in values.items()
    }
    expected = {
        name: list(v) if isinstance(v, tuple) else v
        for name, v in flat(resolved.settings, resolved.service).items()
    }
    assert expected == found


def test_every_value_has_its_origin():
    """In each form."""
    resolved = _resolved({"limits.max_pixels": 5, "rule_weights": {"shadow": 1.0}})

    data = json.loads(render.as_json(resolved, origin=True))
    rows = {row[0]: row for row in render.as_rows(resolved, origin=True)}

    assert list(all_keys()) == list(data) == list(rows)
    assert {"value": 5, "origin": "option --limits.max_pixels"} == data["limits.max_pixels"]
    assert ("model", '"full"', "default") == rows["model"]
    assert "max_pixels = 5  # option --limits.max_pixels\n" in render.as_toml(resolved, origin=True)


def test_entries_of_a_table_have_their_own_origins():
    """Side by side."""
    resolved = _resolved({"rule_weights.shadow": 1.0, "rule_weights.highlight": 2.0})

    rows = {row[0]: row for row in render.as_rows(resolved, origin=True)}

    assert (
        "rule_weights",
        '{"shadow" = 1.0, "highlight" = 2.0}',
        "shadow: option --rule_weights.shadow; highlight: option --rule_weights.highlight",
    ) == rows["rule_weights"]


def test_values_not_set_are_comments_in_toml():
    """TOML has no null."""
    text = render.as_toml(load_settings(), origin=False)

    assert "# uncertain_low is not set\n" in text
    assert "uncertain_low" not in tomllib.loads(text)


@pytest.mark.parametrize("key", all_keys().values(), ids=lambda key: key.name)
def test_every_setting_is_documented(key):
    """Its docstring line, what it must be, and a default that is."""
    assert len(key.description) > 20
    assert key.requirement
    assert "typing" not in key.requirement
    name = key.name.removeprefix("service.")
    assert key.variable == "STUDIO_DETECTOR_" + name.upper().replace(".", "__")


def test_descriptions_of_several_lines_are_whole():
    """And end where the next setting begins."""
    text = all_keys()["disabled_analyses"].description

    assert "the model treats their measures as missing." in text
    assert "model:" not in text
