"""How keys are written, and how typing errors are found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.access.key_text import new_id, new_key, read_key

EXAMPLE = new_key("0123456789ab").text
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_a_key_is_read_as_it_was_made():
    key = new_key(new_id())
    assert read_key(key.text) == key
    assert re.fullmatch(r"sk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", key.text)


def test_no_two_keys_are_alike():
    keys = [new_key(new_id()) for _ in range(200)]
    assert len({key.text for key in keys} | {key.id for key in keys}) == 400


def test_a_key_is_not_shown_by_accident():
    key = new_key(new_id())
    assert key.text not in repr(key)
    assert key.text not in f"{key}"


@given(st.integers(3, len(EXAMPLE) - 1), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_found(place, letter):
    typed = EXAMPLE[:place] + letter + EXAMPLE[place + 1 :]
    assert (read_key(typed) is None) == (typed != EXAMPLE)


@given(st.integers(3, len(EXAMPLE) - 2))
def test_two_swapped_letters_are_found(place):
    typed = EXAMPLE[:place] + EXAMPLE[place + 1] + EXAMPLE[place] + EXAMPLE[place + 2 :]
    assert (read_key(typed) is None) == (typed != EXAMPLE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk_",
        EXAMPLE[:-1],
        EXAMPLE + "0",
        EXAMPLE + "\n",
        " " + EXAMPLE,
        EXAMPLE.upper(),
        EXAMPLE.replace("sk_", "pk_"),
        EXAMPLE.replace("_", "-"),
        EXAMPLE.replace("0123456789ab", "\u0660123456789ab"),
        "sk_" + "a" * 1_000_000,
    ],
    # The example is made by chance, and every process of a run must give tests the same names.
    ids=range(11),
)
def test_what_is_no_key_is_not_read(text):
    assert read_key(text) is None


@given(st.text(max_size=100))
def test_no_text_makes_reading_fail(text):
    assert read_key(text) is None
