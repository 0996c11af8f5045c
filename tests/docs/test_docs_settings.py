"""The reference of settings names every way to set them."""

from __future__ import annotations

import re
from pathlib import Path

import click.testing
import pytest
import setting_docs

from studio_detector.cli.main import program
from studio_detector.config.keys import all_keys, type_words

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
OPTIONS = setting_docs.options_by_setting()


def row_of(name):
    """The cells of the row of a setting."""
    (row,) = re.findall(rf"^\| `{re.escape(name)}` \|.*$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [cell.strip() for cell in row.strip("|").split(" | ")]


@pytest.mark.parametrize("key", all_keys().values(), ids=lambda key: key.name)
def test_every_row_says_what_is_taken_where(key):
    """Value with its bounds, default, option and variable."""
    name, value, default, option, variable, meaning = row_of(key.name)

    assert f"`{key.name}`" == name
    assert key.requirement == value
    assert "|" not in value
    assert (default == "none") == (key.default is None)
    assert ", ".join(f"`{one}`" for one in OPTIONS.get(key.name, ())) == option
    assert f"`{key.variable}`" == variable
    assert meaning


def test_settings_with_options_of_their_own_are_these():
    """The table finds them by itself; should it find none, that would be seen here."""
    assert {
        *("model", "phases", "isolate", "disabled_analyses"),
        *("service.host", "service.port", "service.auth", "service.workers"),
        *("service.data_dir", "service.database_url", "service.broker_url", "service.cache_url"),
        *("service.blobs_url", "service.variants_file", "service.keep_pictures_s"),
        "service.split_phases",
    } <= OPTIONS.keys()
    assert ["--isolate", "--no-isolate"] == OPTIONS["isolate"]
    assert ["--variants"] == OPTIONS["service.variants_file"]


def test_a_secret_that_may_be_left_out_is_told_as_text():
    """Not by the name of its type."""
    assert "text, or none" == all_keys()["service.service_secret"].requirement
    assert not [key.name for key in all_keys().values() if "str" in type_words(key.annotation)]


@pytest.mark.parametrize("name", ["service.service_secret", "service.database_url"])
def test_none_unsets_what_may_be_unset(name):
    """Whatever of it is secret."""
    words = ["config", "show", "--set", f"{name}=none"]
    result = click.testing.CliRunner().invoke(program, words, catch_exceptions=False)

    assert 0 == result.exit_code, result.output
