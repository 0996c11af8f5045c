"""The exception tree and its one table."""

from __future__ import annotations

import inspect
import pickle

import pytest

from studio_detector import errors


def error_classes():
    return [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.StudioDetectorError)
    ]


def test_every_class_stands_in_the_tree_drawn_in_the_docstring():
    """A new class must be drawn where readers look for it."""
    for kind in error_classes():
        assert kind.__name__ in errors.__doc__


def test_an_unknown_code_is_refused_where_it_is_raised():
    """A typing mistake in a code shows at once, not in a user's JSON."""
    with pytest.raises(ValueError, match="no_such_code"):
        errors.InputError("message", code="no_such_code")


@pytest.mark.parametrize("kind", error_classes())
def test_errors_cross_process_borders_whole(kind):
    """Class, message and code survive pickling."""
    error = kind("what happened", code="corrupt")

    copy = pickle.loads(pickle.dumps(error))

    assert (kind, "what happened", "corrupt") == (type(copy), copy.message, copy.code)


@pytest.mark.parametrize(
    "error",
    [
        errors.AccessError("too often", code="rate_limited", retry_after_s=3.0),
        errors.BusyError("too much", code="backlog_full", retry_after_s=7.0),
        errors.FetchError("slow", code="fetch_timeout", is_passing=True, retry_after_s=9.0),
        errors.FetchError("left alone", code="fetch_failed", was_asked=False),
    ],
)
def test_what_decides_over_another_try_crosses_process_borders(error):
    """Beside class, message and code."""
    assert vars(error) == vars(pickle.loads(pickle.dumps(error)))


def test_every_code_has_a_meaning_an_http_status_and_an_exit_status():
    """The table is complete and its numbers are in range."""
    for code, info in errors.CODES.items():
        assert info.meaning
        assert info.http_status in range(400, 600), code
        assert info.exit_code in range(2, 75), code


def test_a_missing_extra_names_the_command_that_installs_it():
    """The hint fits on one line and can be pasted."""
    error = errors.MissingExtraError.for_package("pi_heif", "heic", "decoding HEIC")

    assert "pip install 'studio-detector[heic]'" in error.message
    assert "\n" not in error.message
