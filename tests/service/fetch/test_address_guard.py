"""Addresses are public, or they are not connected to, however they are wrapped."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.errors import ConfigError
from studio_detector.service.fetch.guard import parse_networks, why_refused

REFUSED = {
    # IPv4, each range at both ends
    "0.0.0.0": "unspecified",
    "0.0.0.1": "reserved",
    "0.255.255.255": "reserved",
    "10.0.0.0": "private",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.0": "NAT",
    "100.127.255.255": "NAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.0.1": "link-local",
    "169.254.255.255": "link-local",
    "172.16.0.0": "private",
    "172.31.255.255": "private",
    "192.0.0.1": "reserved",
    "192.0.0.8": "reserved",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4",
    "192.168.0.1": "private",
    "192.168.255.255": "private",
    "198.18.0.1": "benchmarks",
    "198.19.255.255": "benchmarks",
    "198.51.100.7": "documentation",
    "203.0.113.200": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    # metadata of clouds
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "169.254.170.23": "metadata",
    "100.100.100.200": "metadata",
    "192.0.0.192": "metadata",
    "168.63.129.16": "metadata",
    "fd00:ec2::254": "metadata",
    "fd00:ec2::23": "metadata",
    "fd20:ce::254": "metadata",
    # IPv6
    "::": "unspecified",
    "::1": "loopback",
    "fe80::1": "link-local",
    "fe80::1%eth0": "scope",
    "2606:4700::1%1": "scope",
    "febf:ffff::1": "link-local",
    "fec0::1": "private",
    "fc00::1": "private",
    "fd12:3456:789a::1": "private",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
    "100::1": "discarded",
    "100:0:0:1::1": "reserved",
    "2001:2::1": "benchmarks",
    "2001:10::1": "reserved",
    "2001:20::1": "reserved",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "5f00::1": "reserved",
    "4000::1": "reserved",
    "8000::1": "reserved",
    # IPv4 wrapped in IPv6
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "metadata",
    "::10.0.0.1": "IPv4-compatible",
    "::8.8.8.8": "IPv4-compatible",
    "2002:0a00:0001::": "6to4",
    "2002:7f00:0001::1": "6to4",
    "2002:0808:0808::1": "6to4",
    "64:ff9b::10.0.0.1": "private (wrapped",
    "64:ff9b::127.0.0.1": "loopback (wrapped",
    "64:ff9b::169.254.169.254": "metadata (wrapped",
    "64:ff9b::100.64.0.1": "NAT (wrapped",
    "64:ff9b:1::1": "local NAT64",
    "64:ff9b:1::8.8.8.8": "local NAT64",
    "64:ff9b:1:a00:0:100::": "local NAT64",
    "2001:0:0a00:0001::": "Teredo",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe": "Teredo",
    "2606:4700::5efe:10.0.0.1": "private (wrapped",
    "2606:4700::200:5efe:192.168.1.1": "private (wrapped",
    "2606:4700::300:5efe:127.0.0.1": "loopback (wrapped",
    "fe80::5efe:10.0.0.1": "link-local",
}
PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2a00:1450:4001:80b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700::5efe:8.8.8.8",
    "2606:4700::1:5efe:a00:1",
)

NOT_PUBLIC_IPV4 = st.one_of(
    st.ip_addresses(network=network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
WRAPPINGS = {
    "mapped": lambda four: b"\0" * 10 + b"\xff\xff" + four,
    "compatible": lambda four: b"\0" * 12 + four,
    "6to4": lambda four: b"\x20\x02" + four + b"\0" * 10,
    "NAT64": lambda four: bytes.fromhex("0064ff9b") + b"\0" * 8 + four,
    "local NAT64": lambda four: bytes.fromhex("0064ff9b0001") + b"\0" * 6 + four,
    "Teredo": lambda four: bytes.fromhex("20010000") + b"\x08" * 8 + bytes(b ^ 255 for b in four),
    "ISATAP": lambda four: bytes.fromhex("2606470000000000" + "00005efe") + four,
}


@pytest.mark.parametrize(("literal", "kind"), REFUSED.items())
def test_what_is_not_public_is_refused_and_named(literal, kind):
    assert kind in (why_refused(ip_address(literal)) or "public")


@pytest.mark.parametrize("literal", PUBLIC)
def test_what_is_public_passes(literal):
    assert why_refused(ip_address(literal)) is None


@given(st.ip_addresses())
def test_nothing_passes_that_the_standard_library_calls_not_global(address):
    if not address.is_global or address.is_multicast:
        mapped = getattr(address, "ipv4_mapped", None)
        assert why_refused(address) is not None or (mapped is not None and mapped.is_global)


@given(four=NOT_PUBLIC_IPV4, wrapping=st.sampled_from(sorted(WRAPPINGS)))
def test_no_wrapping_carries_an_address_past_the_guard(four, wrapping):
    wrapped = IPv6Address(WRAPPINGS[wrapping](IPv4Address(four).packed))
    assert why_refused(wrapped) is not None


@given(four=NOT_PUBLIC_IPV4, wrapping=st.sampled_from(sorted(set(WRAPPINGS) - {"mapped"})))
def test_exempting_what_wraps_does_not_exempt_what_is_wrapped(four, wrapping):
    """An operator who lets a tunnel's prefix pass has said nothing about what is behind it."""
    wrapped = IPv6Address(WRAPPINGS[wrapping](IPv4Address(four).packed))
    assert why_refused(wrapped, parse_networks(["::/0"])) is not None


def test_a_local_nat64_prefix_of_48_bits_is_unwrapped_too():
    prefix = parse_networks(["64:ff9b:1::/48"])
    assert why_refused(ip_address("64:ff9b:1:a00:0:100::"), prefix) == "private (wrapped in IPv6)"
    assert why_refused(ip_address("64:ff9b:1:808:8:800::"), prefix) is None
    assert why_refused(ip_address("64:ff9b:1::8.8.8.8"), prefix) is None


def test_an_exempt_network_passes_and_its_neighbours_do_not():
    exempt = parse_networks(["10.1.0.0/16", "fd12::/48"])
    assert why_refused(ip_address("10.1.2.3"), exempt) is None
    assert why_refused(ip_address("::ffff:10.1.2.3"), exempt) is None
    assert why_refused(ip_address("fd12::7"), exempt) is None
    assert why_refused(ip_address("10.2.0.0"), exempt) == "private"
    assert why_refused(ip_address("fd12:0:1::7"), exempt) == "private"


@pytest.mark.parametrize("network", ["169.254.0.0/16", "0.0.0.0/0", "169.254.169.0/24"])
def test_metadata_of_a_cloud_is_never_exempted_by_the_way(network):
    assert why_refused(ip_address("169.254.169.254"), parse_networks([network])) is not None


def test_metadata_of_a_cloud_is_exempted_by_its_very_address():
    assert why_refused(ip_address("169.254.169.254"), parse_networks(["169.254.169.254"])) is None


@pytest.mark.parametrize("text", ["", "10.1.0.1/16", "10.1/16", "example.com", "fd12::/200"])
def test_a_network_that_is_none_is_a_wrong_setting(text):
    with pytest.raises(ConfigError, match="fetch_private") as caught:
        parse_networks([text])
    assert caught.value.code == "config_invalid_value"


def test_networks_are_read_in_order():
    assert parse_networks(["10.0.0.0/8", "::1"]) == (ip_network("10.0.0.0/8"), ip_network("::1"))
