"""Where requests come from: told by the connection, and by trusted proxies alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.errors import ConfigError
from studio_detector.service.api.callers import NOWHERE, Callers

PROXIES = ("10.0.0.0/8", "fd00::/8", "192.0.2.7")
TRUSTING = Callers(PROXIES)


def caller(peer, *forwarded, callers=TRUSTING, **more):
    headers = [(b"host", b"studio.example")]
    headers += [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    return callers.of(peer, "http", headers)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        # Nobody is believed who is not trusted.
        ("203.0.113.5", ["1.2.3.4"], "203.0.113.5"),
        ("203.0.113.5", ["10.0.0.1"], "203.0.113.5"),
        # What a trusted proxy adds stands at the end; what is before it, the caller wrote.
        ("10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["1.2.3.4", "203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.5, 10.9.9.9, 192.0.2.7"], "203.0.113.5"),
        ("10.0.0.1", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        # However it is written.
        ("10.0.0.1", ["203.0.113.5:4711"], "203.0.113.5"),
        ("10.0.0.1", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("10.0.0.1", ["2001:0db8:0:0::0005"], "2001:db8::5"),
        ("10.0.0.1", ["::ffff:203.0.113.5"], "203.0.113.5"),
        ("::ffff:10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("::ffff:203.0.113.5", [], "203.0.113.5"),
        # What is no address ends the chain at who sent it.
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["203.0.113.5, unknown"], "10.0.0.1"),
        (None, ["203.0.113.5"], NOWHERE),
        ("testclient", [], NOWHERE),
    ],
)
def test_the_address_is_the_last_that_nobody_vouches_for(peer, forwarded, expected):
    """Counted from the service outwards."""
    assert expected == caller(peer, *forwarded).address


def test_without_proxies_nothing_is_believed():
    """The default."""
    found = caller(
        "10.0.0.1", "203.0.113.5", callers=Callers(()),
        x_forwarded_proto="https", x_forwarded_host="evil.example",
    )  # fmt: skip

    assert ("10.0.0.1", "http", "studio.example") == (found.address, found.scheme, found.host)


def test_a_proxy_tells_how_it_was_asked():
    """Which signatures cover; the last word is the nearest proxy's."""
    found = caller(
        "10.0.0.1", x_forwarded_proto="ftp, https", x_forwarded_host="evil.example, a.example"
    )
    odd = caller("10.0.0.1", x_forwarded_proto="javascript", x_forwarded_host=" ")

    assert ("https", "a.example") == (found.scheme, found.host)
    assert ("http", "studio.example") == (odd.scheme, odd.host)


def test_a_long_chain_is_not_followed_for_ever():
    """Beyond some hops, nobody is asked any more."""
    assert "10.0.0.9" == caller("10.0.0.1", ",".join(["203.0.113.5"] + ["10.0.0.9"] * 50)).address


@given(st.sampled_from(["10.0.0.1", "203.0.113.5"]), st.lists(st.text(max_size=40), max_size=4))
def test_whatever_is_forwarded_gives_an_address(peer, forwarded):
    """Of this or that kind."""
    headers = [(b"x-forwarded-for", value.encode("utf-8", "replace")) for value in forwarded]

    found = TRUSTING.of(peer, "http", headers)

    assert found.address
    assert found.counted_as


def test_one_host_with_many_addresses_counts_once():
    """IPv6 gives each a network; IPv4 does not."""
    one, two, three = (
        caller(None, callers=Callers(())) if text is None else Callers(()).of(text, "http", [])
        for text in ("2001:db8:1:2::5", "2001:db8:1:2:ffff::9", "2001:db8:1:3::5")
    )
    v4 = Callers(()).of("203.0.113.5", "http", [])

    assert one.counted_as == two.counted_as != three.counted_as
    assert "203.0.113.5" == v4.counted_as


def test_two_hosts_are_none():
    """Or it would depend on who reads them."""
    found = TRUSTING.of("203.0.113.5", "http", [(b"host", b"a"), (b"host", b"b")])

    assert found.host is None


@pytest.mark.parametrize("network", ["nonsense", "10.0.0.1/8", "", "10.0.0.0/33", "*"])
def test_what_is_no_network_is_a_wrong_setting(network):
    """Rather than one that trusts nobody, or everybody."""
    with pytest.raises(ConfigError, match="trusted_proxies"):
        Callers((network,))
