"""A store with keys, and an issuer of tokens."""

from __future__ import annotations

import pytest

import sqlite_tables
from service.access.access_examples import AUDIENCE, ISSUER, Issuer
from service.access.signing_sender import Sender
from service.store.store_examples import HandClock
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.claims import ClaimReader
from studio_detector.service.access.issuer_keys import IssuerKeys
from studio_detector.service.access.last_uses import LastUses
from studio_detector.service.access.roles import Role
from studio_detector.service.access.signed_requests import SignedRequests
from studio_detector.service.access.tokens import Tokens
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.store import open_store


@pytest.fixture
def clock():
    """A clock in the test's hand."""
    return HandClock()


@pytest.fixture
def secret():
    return ServiceSecret("s" * 40)


@pytest.fixture
def store(tmp_path, clock):
    store = open_store(sqlite_tables.laid(tmp_path / "store.sqlite"), clock=clock)
    yield store
    store.close()


@pytest.fixture
def api_keys(store, secret):
    return ApiKeys(store, secret)


@pytest.fixture(scope="session")
def session_issuer():
    """Making RSA keys takes time."""
    return Issuer(None)


@pytest.fixture
def issuer(session_issuer, clock):
    session_issuer.clock = clock
    return session_issuer


@pytest.fixture
def make_tokens(issuer, clock):
    """Makes what recognises the issuer's tokens."""

    def make(
        *,
        algorithms=("EdDSA", "ES256", "RS256"),
        load=issuer.key_set,
        seconds=lambda: 1000.0,
        **names,
    ):
        claims = {"tenant_claim": "tenant", "role_claim": "role"} | names
        return Tokens(
            issuer=ISSUER,
            audience=AUDIENCE,
            algorithms=algorithms,
            keys=IssuerKeys(load, algorithms, clock=seconds),
            reader=ClaimReader(**claims, actor_key=b"k" * 32),
            clock=clock,
        )

    return make


@pytest.fixture
def tokens(make_tokens):
    """With the keys at hand, so that both ways in are tried."""
    tokens = make_tokens()
    tokens._keys.current()
    return tokens


@pytest.fixture
def uses(store):
    uses = LastUses(store.keys)
    yield uses
    uses.close()


@pytest.fixture
def signed(store, uses, clock):
    return SignedRequests(store.keys, store.nonces, uses, window_s=300, clock=clock)


@pytest.fixture
def issued(api_keys):
    return api_keys.create(tenant="acme", role=Role.OPERATOR, is_signing=True)


@pytest.fixture
def sender(issued, clock):
    # The library's moments are whole seconds.
    clock.now = clock.now.replace(microsecond=0)
    return Sender(issued, clock)
