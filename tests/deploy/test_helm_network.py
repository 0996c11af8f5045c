"""Whom a pod may talk to: the policies keep to the same networks as the program itself."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

import helm_chart
from studio_detector.service.fetch.guard import why_refused
from studio_detector.service.settings import ServiceSettings

VALUES = helm_chart.example("bucket")
PREFIX = "studio-detector-"
FETCHING = ("worker-high", "worker-standard", "worker-detail", "worker-webhook")
OTHERS = ("api", "worker-maintenance", "migrations")


def policy(part):
    return helm_chart.of_kind(helm_chart.render(VALUES), "NetworkPolicy")[PREFIX + part]["spec"]


def public_rules(part):
    """Rules that name networks, beyond names and what the operator wrote."""
    own = VALUES["networkPolicy"]["dependencies"]
    return [
        rule
        for rule in policy(part)["egress"]
        if rule not in own and any("ipBlock" in peer for peer in rule.get("to", []))
    ]


@cache
def blocks(part):
    """Networks that a pod may connect to, each with its exceptions."""
    return tuple(
        (
            ip_network(peer["ipBlock"]["cidr"]),
            tuple(ip_network(one) for one in peer["ipBlock"]["except"]),
        )
        for rule in public_rules(part)
        for peer in rule["to"]
    )


def lets_through(part, address):
    """Whether a pod may connect to an address."""
    return any(
        address in block and not any(address in one for one in exceptions)
        for block, exceptions in blocks(part)
    )


@pytest.mark.parametrize("part", FETCHING)
@pytest.mark.parametrize(
    "private",
    [
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "ff02::1",
        "2002:a00:1::",
        "2001:0:4136:e378::1",
    ],
)
def test_workers_that_fetch_reach_no_private_address(part, private):
    assert not lets_through(part, ip_address(private))


@pytest.mark.parametrize("part", FETCHING)
@pytest.mark.parametrize("public", ["1.1.1.1", "172.32.0.1", "100.63.255.255", "2606:4700::1"])
def test_workers_that_fetch_reach_public_ones(part, public):
    assert lets_through(part, ip_address(public))


@pytest.mark.parametrize("part", OTHERS)
def test_nobody_else_reaches_any_address_but_the_dependencies(part):
    assert [] == public_rules(part)
    assert VALUES["networkPolicy"]["dependencies"] == policy(part)["egress"][1:]


@given(st.ip_addresses())
def test_what_the_program_refuses_by_its_network_the_policy_refuses_too(address):
    """Some it refuses by what is hidden inside an address; no policy can say that."""
    if lets_through("worker-standard", address):
        kind = why_refused(address)
        assert kind is None or kind.endswith("(wrapped in IPv6)"), kind


@given(st.ip_addresses())
def test_what_the_program_asks_the_policy_lets_through(address):
    """But for IPv4 in the clothes of IPv6, which is connected to as IPv4."""
    dressed = any(
        address in one for one in (ip_network("64:ff9b::/96"), ip_network("::ffff:0:0/96"))
    )
    if why_refused(address) is None and not dressed:
        assert lets_through("worker-standard", address)


def test_exceptions_lie_within_what_they_are_exceptions_of():
    """Kubernetes refuses others."""
    for block, exceptions in blocks("worker-standard"):
        assert exceptions
        assert all(one.subnet_of(block) for one in exceptions)


def test_pictures_are_fetched_from_the_ports_that_the_program_asks():
    (rule,) = public_rules("worker-standard")
    assert {str(one["port"]) for one in rule["ports"]} == set(ServiceSettings().fetch_ports)


@pytest.mark.parametrize("part", [*FETCHING, *OTHERS])
def test_everybody_resolves_names_at_one_place(part):
    first = policy(part)["egress"][0]
    assert {("UDP", 53), ("TCP", 53)} == {(one["protocol"], one["port"]) for one in first["ports"]}
    (peer,) = first["to"]
    assert peer["namespaceSelector"]
    assert peer["podSelector"]


def test_only_the_api_is_asked_and_only_by_whom_is_named():
    (rule,) = policy("api")["ingress"]
    assert [8000] == [one["port"] for one in rule["ports"]]
    wanted = VALUES["networkPolicy"]["apiFrom"] + VALUES["networkPolicy"]["metricsFrom"]
    assert wanted == rule["from"]


@pytest.mark.parametrize("part", [*FETCHING, "worker-maintenance"])
def test_workers_are_asked_for_their_metrics_alone(part):
    (rule,) = policy(part)["ingress"]
    assert [9191] == [one["port"] for one in rule["ports"]]
    assert VALUES["networkPolicy"]["metricsFrom"] == rule["from"]


def test_networks_that_the_program_is_told_to_ask_can_be_added():
    more = [{"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}]
    objects = helm_chart.render(helm_chart.changed(VALUES, {"networkPolicy.fetchersAlso": more}))
    policies = helm_chart.of_kind(objects, "NetworkPolicy")
    assert more[0] in policies[PREFIX + "worker-high"]["spec"]["egress"]
    assert more[0] not in policies[PREFIX + "worker-maintenance"]["spec"]["egress"]
