"""Settings say which addresses are asked: schemes, ports, hosts, networks."""

from __future__ import annotations

import pytest

from studio_detector.errors import ConfigError, FetchError
from studio_detector.service.fetch.fetcher import Fetcher
from studio_detector.service.fetch.poster import GuardedPoster
from studio_detector.service.fetch.rules import AddressRules
from studio_detector.service.settings import ServiceSettings


def rules(**changes):
    return AddressRules.for_pictures(ServiceSettings(**changes))


def is_allowed(rules, url):
    try:
        rules.check(url)
    except FetchError as error:
        return (error.code, error.is_passing) != ("fetch_refused", False)
    return True


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/a.jpg", True),
        ("http://example.com/a.jpg", True),
        ("https://8.8.8.8/a.jpg", True),
        ("https://example.com:443/", True),
        ("https://example.com:80/", True),
        ("https://example.com:22/", False),
        ("https://example.com:8443/", False),
        ("https://127.0.0.1/", False),
        ("https://[::1]/", False),
        ("https://[fd00:ec2::254]/", False),
        ("http://169.254.169.254/latest/meta-data/", False),
        ("http://[64:ff9b::a00:1]/", False),
    ],
)
def test_by_default_everything_public_is_asked_on_the_usual_ports(url, expected):
    assert is_allowed(rules(), url) is expected


def test_only_https_where_the_setting_says_so():
    assert not is_allowed(rules(fetch_http=False), "http://example.com/")
    assert is_allowed(rules(fetch_http=False), "https://example.com/")


def test_ports_are_those_of_the_setting():
    assert is_allowed(rules(fetch_ports=("8443",)), "https://example.com:8443/")
    assert not is_allowed(rules(fetch_ports=("8443",)), "https://example.com/")
    assert is_allowed(rules(fetch_ports=("*",)), "https://example.com:1/")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/", True),
        ("https://EXAMPLE.com./", True),
        ("https://\uff45xample.com/", True),
        ("https://www.example.com/", False),
        ("https://cdn.example.org/", True),
        ("https://a.b.example.org/", True),
        ("https://example.org/", False),
        ("https://notexample.org/", False),
        ("https://example.org.evil.com/", False),
        ("https://example.com.evil.com/", False),
        ("https://8.8.8.8/", True),
        ("https://8.8.4.4/", False),
        ("https://[2606:4700::1]/", True),
        ("https://xn--strae-oqa.example/", True),
    ],
)
def test_a_list_of_hosts_admits_these_alone(url, expected):
    allowed = rules(
        fetch_hosts=("Example.COM", "*.example.org", "8.8.8.8", "2606:4700::1", "straße.example")
    )
    assert is_allowed(allowed, url) is expected


def test_a_denied_host_is_denied_in_every_spelling():
    denied = rules(
        fetch_hosts=("*.example.com", "example.com"), fetch_denied_hosts=("*.bad.example.com",)
    )
    assert is_allowed(denied, "https://a.example.com/")
    for host in (
        "x.bad.example.com",
        "X.BAD.example.COM",
        "x.bad.example.com.",
        "x。bad.example.com",
    ):
        assert not is_allowed(denied, f"https://{host}/")


def test_callbacks_have_a_list_of_their_own():
    settings = ServiceSettings(
        fetch_hosts=("cdn.example.com",),
        callback_hosts=("hooks.example.com",),
        fetch_denied_hosts=("bad.example.com",),
    )
    callbacks = AddressRules.for_callbacks(settings)
    assert is_allowed(callbacks, "https://hooks.example.com/")
    assert not is_allowed(callbacks, "https://cdn.example.com/")
    assert not is_allowed(callbacks, "https://bad.example.com/")


def test_a_list_of_hosts_does_not_open_private_addresses():
    listed = rules(fetch_hosts=("10.0.0.1", "localhost"))
    assert not is_allowed(listed, "http://10.0.0.1/")
    with pytest.raises(FetchError):
        listed.check_resolved("localhost", ["127.0.0.1"])


def test_an_exempt_network_is_asked():
    assert is_allowed(rules(fetch_private=("10.1.0.0/16",)), "http://10.1.2.3/")
    assert not is_allowed(rules(fetch_private=("10.1.0.0/16",)), "http://10.2.2.3/")


def test_one_address_that_does_not_pass_spoils_them_all():
    found = ["8.8.8.8", "2606:4700::1", "10.0.0.1"]
    with pytest.raises(FetchError) as caught:
        rules().check_resolved("example.com", found)
    assert caught.value.code == "fetch_refused"
    assert "10.0.0.1" not in caught.value.message
    assert len(rules().check_resolved("example.com", found[:2])) == 2


@pytest.mark.parametrize("found", ["fe80::1%eth0", "no address", "127.1", ""])
def test_what_a_resolver_should_not_give_is_refused(found):
    with pytest.raises(FetchError) as caught:
        rules().check_resolved("example.com", [found])
    assert caught.value.code == "fetch_refused"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fetch_ports", "0"),
        ("fetch_ports", "http"),
        ("fetch_ports", "65536"),
        ("fetch_ports", "80-90"),
        ("fetch_hosts", "https://example.com"),
        ("fetch_hosts", "*"),
        ("fetch_hosts", "a.*.example.com"),
        ("fetch_hosts", "127.1"),
        ("fetch_denied_hosts", ""),
        ("fetch_private", "10.0.0.0/33"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(name, value):
    with pytest.raises(ConfigError, match=name) as caught:
        rules(**{name: (value,)})
    assert caught.value.code == "config_invalid_value"


def test_fetcher_and_poster_refuse_before_anything_is_asked():
    settings = ServiceSettings()

    def resolve(host, port):
        raise AssertionError("the network was asked")

    with Fetcher(settings, resolve=resolve) as fetcher, GuardedPoster(settings) as poster:
        fetcher.check("https://example.com/a.jpg")
        poster.check("https://example.com/hook")
        for check in (fetcher.check, poster.check):
            with pytest.raises(FetchError) as caught:
                check("http://127.0.0.1/")
            assert caught.value.code == "fetch_refused"
