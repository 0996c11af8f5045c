"""Signatures in every writing but the right one, and the answer to all of them: a refusal."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from http_message_signatures import HTTPMessageVerifier
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.access.access_examples import head_of
from service.access.signing_sender import refused

BODY = b'{"a": 1}'


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "pyhms",
        "pyhms=::",
        "pyhms=:AAAA:",
        "pyhms=5",
        'pyhms="text"',
        "other=:AAAA:",
        "pyhms=(:AAAA:)",
        "\x00",
        "pyhms=:" + "A" * 86 + "==:",
        "pyhms=:" + base64.b64encode(bytes(64)).decode() + ":",
        "a" * 5000,
    ],
)
def test_signatures_that_are_none(signed, sender, signature):
    message = sender.signed(BODY)
    message.headers["Signature"] = signature
    refused(signed, message.head())


@pytest.mark.parametrize("left", [0, 1, 31, 32, 33, 62, 63])
def test_a_signature_that_was_cut(signed, sender, left):
    message = sender.signed(BODY)
    text = message.headers["Signature"]
    raw = base64.b64decode(text.removeprefix("pyhms=:").removesuffix(":"))
    message.headers["Signature"] = f"pyhms=:{base64.b64encode(raw[:left]).decode()}:"
    refused(signed, message.head())
    message.headers["Signature"] = text[: left + 8]
    refused(signed, message.head())


@pytest.mark.parametrize(
    "said",
    [
        "",
        "pyhms",
        "pyhms=()",
        "pyhms=5",
        'pyhms=("@method"',
        'pyhms=("@method" "@method" "@authority" "@target-uri")',
        'pyhms=("@method";req "@authority" "@target-uri")',
        'pyhms=("@status")',
        'pyhms=("@unknown")',
        'pyhms=("@signature-params")',
        'pyhms=("x-not-there")',
        "pyhms=(method)",
        "\x00",
        "a" * 5000,
        "(" * 2000,
    ],
)
def test_inputs_that_are_none(signed, sender, said):
    message = sender.signed(BODY)
    params = message.headers["Signature-Input"].partition(")")[2]
    for text in (said, said + params):
        message.headers["Signature-Input"] = text
        refused(signed, message.head())


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
def test_half_a_signature_is_none(signed, sender, name):
    message = sender.signed(BODY)
    del message.headers[name]
    refused(signed, message.head())


def test_of_several_signatures_none_is_chosen(signed, sender):
    """Else a proxy and we might choose differently."""
    one, two = sender.signed(BODY), sender.signed(BODY, label="two")
    for name in ("Signature", "Signature-Input"):
        one.headers[name] += ", " + two.headers[name]
    refused(signed, one.head())
    twice = sender.signed(BODY).head()
    extra = tuple(pair for pair in twice.headers if pair[0].startswith("signature"))
    refused(signed, replace(twice, headers=twice.headers + extra))


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Content-Digest"])
def test_fields_that_are_long_are_not_read(signed, sender, monkeypatch, name):
    message = sender.signed(BODY)
    message.headers[name] += ", more=1" * 600
    monkeypatch.setattr(HTTPMessageVerifier, "verify", None)
    assert "4096" in refused(signed, message.head())


@given(st.text(max_size=200), st.text(max_size=200))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_it_fail_otherwise_than_by_refusal(signed, said, signature):
    refused(signed, head_of(("signature-input", said), ("signature", signature)))


fields = st.sampled_from(
    [
        *('"@method"', '"@authority"', '"@target-uri"', '"host"', '"a";bs', '"a";key="x"'),
        *('"@query-param";name="q"', "5", ":AA==:", "tok"),
    ]
)
parameters = st.sampled_from(
    [
        *("created=1", "created=x", "keyid=5", 'keyid="k"', "nonce=1", 'nonce="n"'),
        *("expires=-1", "alg=1", 'tag="t"', "x"),
    ]
)


@given(st.lists(fields, max_size=5), st.lists(parameters, max_size=5), st.binary(max_size=70))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_structure_makes_it_fail_otherwise_than_by_refusal(signed, covered, params, data):
    said = f"s=({' '.join(covered)});{';'.join(params)}"
    refused(
        signed,
        head_of(("signature-input", said), ("signature", f"s=:{base64.b64encode(data).decode()}:")),
    )
