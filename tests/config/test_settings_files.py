"""Configuration files: what is read, on which line, and what is refused."""

from __future__ import annotations

import contextlib
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.config import files
from studio_detector.config.files import file_assignments
from studio_detector.errors import ConfigError, MissingExtraError

TOML = """\
# A comment, and below a text that looks like a setting.
variant = '''
model = "no"
'''
model = "rules"   # trailing
disabled_analyses = [
    "shadow",

    "texture",
]
limits.max_frames = 3

[limits]
"""
YAML = """\
# A comment
variant: |
  model: no
model: rules
disabled_analyses:
  - shadow
  - texture
limits:
  max_pixels: 5
  max_frames: 3
"""


def _write(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def _found(path):
    return {
        a.name: (a.value, a.origin.place.removeprefix(path))
        for a in file_assignments(path, named_by="a test")
    }


def _refusal(path):
    with pytest.raises(ConfigError) as caught:
        file_assignments(path, named_by="a test")
    assert "config_unreadable" == caught.value.code
    assert path in caught.value.message
    assert "a test" in caught.value.message
    return caught.value.message


def test_toml_settings_carry_the_line_their_statement_begins_on(tmp_path):
    """Also behind texts and lists of several lines, and with dotted names."""
    text = TOML.replace("[limits]\n", "")

    assert {
        "variant": ('model = "no"\n', ":2"),
        "model": ("rules", ":5"),
        "disabled_analyses": (["shadow", "texture"], ":6"),
        "limits.max_frames": (3, ":11"),
    } == _found(_write(tmp_path, "a.toml", text))


def test_yaml_settings_carry_the_line_of_their_name(tmp_path):
    """Block texts are no settings."""
    expected = {
        "variant": ("model: no\n", ":2"),
        "model": ("rules", ":4"),
        "disabled_analyses": (["shadow", "texture"], ":5"),
        "limits.max_pixels": (5, ":9"),
        "limits.max_frames": (3, ":10"),
    }

    for name in ("a.yaml", "b.yml", "c.YAML"):
        assert expected == _found(_write(tmp_path, name, YAML))


def test_toml_that_defines_a_table_twice_is_refused(tmp_path):
    """As TOML demands; the message has the line."""
    assert "line 13" in _refusal(_write(tmp_path, "a.toml", TOML + "max_pixels = 1\n"))


def test_yaml_that_sets_a_name_twice_is_refused(tmp_path):
    """YAML forbids it, but its parser takes the last one silently."""
    message = _refusal(_write(tmp_path, "a.yaml", "model: a\nlimits:\n  max_frames: 1\nmodel: b\n"))

    assert "'model' twice, on lines 1 and 4" in message


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("a.ini", "x", ".toml"),
        ("settings", "x", ".toml"),
        ("a.toml", "a = 1\nmodel = ", "end of document"),
        ("a.toml", b"model = '\xff'", "UTF-8"),
        ("a.toml", "x = " + "[" * 5000, "TOML"),
        ("a.yaml", "a: [", "YAML"),
        ("a.yaml", "a: 2001-99-99", "YAML"),
        ("a.yaml", "? [a]\n: b", "YAML"),
        ("a.yaml", "!!python/object/apply:os.system ['true']", "YAML"),
        ("a.yaml", "[" * 5000, "YAML"),
        ("a.yaml", "- a\n- b", "list"),
        ("a.yaml", "text", "str"),
        ("a.toml", "#" * 300_000, "larger"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(tmp_path, name, content, hint):
    """The message names the file, who named it, and what is wrong."""
    assert hint in _refusal(_write(tmp_path, name, content))


def test_missing_files_and_folders_are_refused(tmp_path):
    """With the reason of the operating system."""
    assert "No such file" in _refusal(str(tmp_path / "no.toml"))
    (tmp_path / "folder.toml").mkdir()
    assert "directory" in _refusal(str(tmp_path / "folder.toml"))


def test_an_empty_file_sets_nothing(tmp_path):
    """It is a valid file all the same."""
    for name in ("a.toml", "a.yaml"):
        assert {} == _found(_write(tmp_path, name, "# nothing\n"))


def test_a_byte_order_mark_is_ignored(tmp_path):
    """Editors of Windows write one."""
    assert {"model": ("x", ":1")} == _found(
        _write(tmp_path, "a.toml", "\ufeffmodel = 'x'".encode())
    )


def test_yaml_aliases_cannot_unfold_without_end(tmp_path):
    """A bomb of aliases is walked no deeper than settings go."""
    levels = "".join(
        f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(9))}}}\n" for n in range(1, 40)
    )
    path = _write(tmp_path, "a.yaml", f"a0: &a0 {{x: 1}}\n{levels}limits: *a39\n")

    assert 1 + 40 * 9 == len(_found(path))


def test_without_the_extra_yaml_says_how_to_get_it(tmp_path, monkeypatch):
    """TOML needs nothing."""
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'studio-detector\[yaml\]'"):
        file_assignments(_write(tmp_path, "a.yaml", "model: x"), named_by="a test")
    assert "model" in _found(_write(tmp_path, "a.toml", "model = 'x'"))


def test_lines_are_left_out_where_finding_them_would_take_long(tmp_path):
    """The file alone is the origin then."""
    path = _write(tmp_path, "a.toml", "#\n" * 600 + "model = 'x'\n")

    assert {"model": ("x", "")} == _found(path)


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from(["toml", "yaml"])
)
def test_any_bytes_are_read_or_a_config_error(tmp_path_factory, data, suffix):
    """Never another exception."""
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(data)

    with contextlib.suppress(ConfigError):
        found = file_assignments(str(path), named_by="a test")
        assert all(isinstance(assignment.name, str) for assignment in found)


@given(
    st.lists(
        st.sampled_from(
            ["a = 1", "b = '''\nx = 2\n'''", "c = [\n1,\n]", "", "# c = 3", "l.x = 4", "l.y = 'z'"]
        ),
        unique=True,
        max_size=7,
    )
)
def test_the_line_of_a_toml_setting_begins_with_its_name(statements):
    """Whatever statements surround it."""
    text = "".join(statement + "\n" for statement in statements)
    lines = text.splitlines()

    found = files._toml_lines(text)

    assert {name for name, _ in files._flat(tomllib.loads(text))} == set(found)
    for name, line in found.items():
        assert lines[line - 1].startswith(f"{name} =")
