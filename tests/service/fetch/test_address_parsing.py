"""Addresses are read in one way; what could be read in two is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.errors import FetchError
from studio_detector.service.fetch.target import LONGEST_URL, parse_redirect, parse_target

ODD_LITERALS = {
    # the C library reads all of these as addresses
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "2130706433": "127.0.0.1",
    "017700000001": "127.0.0.1",
    "0x7f000001": "127.0.0.1",
    "0X7F.1": "127.0.0.1",
    "0177.0.0.1": "127.0.0.1",
    "0x7f.0x0.0x0.0x1": "127.0.0.1",
    "127.0.0.01": "127.0.0.1",
    "127.0.0.1.": "127.0.0.1",
    "0": "0.0.0.0",
    "0x": "0.0.0.0",
    "10.1": "10.0.0.1",
    "10.65537": "10.1.0.1",
    "134744072": "8.8.8.8",
    "3232235777": "192.168.1.1",
    "2852039166": "169.254.169.254",
    "0xa9fea9fe": "169.254.169.254",
    "0251.0376.0251.0376": "169.254.169.254",
    # full-width digits and dots, which browsers turn into plain ones
    "\uff11\uff12\uff17.0.0.1": "127.0.0.1",
    "127。0。0。1": "127.0.0.1",
    "①②⑦.0.0.1": "127.0.0.1",
    "[::ffff:127.0.0.1]": "127.0.0.1",
    "[::ffff:8.8.8.8]": "8.8.8.8",
}
NO_HOSTS = (
    "",
    ".",
    "..",
    ".example.com",
    "example..com",
    "example.com..",
    "exa mple.com",
    "exam%70le.com",
    "127.0.0.1%00.example.com",
    "example.com,evil.com",
    "example.com;evil.com",
    "exam\u00adple..com",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.256",
    "08.1.1.1",
    "0x100000000",
    "4294967296",
    "1.16777216",
    "example.0x7f",
    "example.1",
    "[::1",
    "::1]",
    "[::1]x",
    "[]",
    "[127.0.0.1]",
    "[v1.fe80]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::g]",
    "2001:db8::1",
    "a" * 64 + ".com",
    ".".join(["a" * 50] * 6),
    "\u200bexample.com\ud800",
    "xn--\u00e4.com",
    "exa\u2028mple.com",
)
NO_URLS = (
    "",
    "photo.jpg",
    "//example.com/photo.jpg",
    "/photo.jpg",
    "https:example.com",
    "https:/example.com/a",
    "https:///photo.jpg",
    "http://",
    "://example.com",
    "file:///etc/passwd",
    "ftp://example.com/a",
    "gopher://example.com:70/_GET",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "dict://localhost:11211/stat",
    "ws://example.com/",
    "https+unix://example.com/",
    "http://user@example.com/",
    "http://user:secret@example.com/",
    "http://example.com@evil.com/",
    "http://@example.com/",
    "http://evil.com\\@example.com/",
    "http://example.com\\.evil.com/",
    "http://example.com:/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:-1/",
    "http://example.com:+80/",
    "http://example.com:80:80/",
    "http://example.com:\uff18\uff10/",
    "http://example.com:8 0/",
    "http://example.com:0x50/",
    "http://example.com:000080/",
    " http://example.com/",
    "http://example.com/ a",
    "http://example.com/\n",
    "http://example.com/\r\nHost: evil.com",
    "http://example.com/\x00",
    "http://example.com/\t",
    "http://example.com/\x7f",
    "http://example.com/\x85",
    "http://example.com/\ud800",
    "https://example.com/" + "a" * LONGEST_URL,
)


def refusal(text):
    with pytest.raises(FetchError) as caught:
        parse_target(text)
    assert caught.value.code == "fetch_refused"
    assert not caught.value.is_passing
    return caught.value.message


@pytest.mark.parametrize(("host", "meant"), ODD_LITERALS.items())
def test_an_oddly_written_address_is_refused_with_what_it_means(host, meant):
    assert meant in refusal(f"http://{host}/")


@pytest.mark.parametrize("host", NO_HOSTS, ids=ascii)
def test_what_is_no_host_is_refused(host):
    refusal(f"http://{host}/")


@pytest.mark.parametrize("user", ["user", "user:secret", "", ":", "127.0.0.1", "user:p@ss"])
def test_a_user_in_an_address_is_refused_as_one_and_not_shown(user):
    message = refusal(f"https://{user}@example.com/")
    assert "user name or a password" in message
    assert "secret" not in message


@pytest.mark.parametrize("url", NO_URLS, ids=ascii)
def test_what_is_no_address_of_a_picture_is_refused(url):
    message = refusal(url)
    assert "secret" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://example.com", "https://example.com", "/"),
        ("HTTPS://EXAMPLE.COM./a", "https://example.com", "/a"),
        ("http://example.com:80/a?b=c#d", "http://example.com", "/a?b=c"),
        ("https://example.com:443/", "https://example.com", "/"),
        ("http://example.com:443/", "http://example.com:443", "/"),
        ("https://example.com?a=/../b", "https://example.com", "/?a=/../b"),
        ("https://example.com#a", "https://example.com", "/"),
        ("https://a_b-c.example.com/", "https://a_b-c.example.com", "/"),
        ("https://straße.example/ä?ü=|", "https://xn--strae-oqa.example", "/%C3%A4?%C3%BC=%7C"),
        ("https://\uff45xample。com/", "https://example.com", "/"),
        ("https://xn--strae-oqa.example/", "https://xn--strae-oqa.example", "/"),
        ("https://8.8.8.8:8443/%20%zz", "https://8.8.8.8:8443", "/%20%zz"),
        ("https://[2606:4700:0::1]/", "https://[2606:4700::1]", "/"),
        ("https://[2606:4700::1]:8443/", "https://[2606:4700::1]:8443", "/"),
        ("https://1.example.com/@a:b", "https://1.example.com", "/@a:b"),
        ("https://example.com/a?X-Signature=a%2Fb%3D&[0]", "https://example.com",
         "/a?X-Signature=a%2Fb%3D&[0]"),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(url, origin, path):
    target = parse_target(url)
    assert (target.origin, target.path) == (origin, path)


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "http://[", "https://x."]))
def test_every_text_is_either_read_or_refused(text, start):
    try:
        target = parse_target(start + text)
    except FetchError:
        return
    assert target.path.isascii()
    assert target.host.isascii()
    assert not {" ", "\r", "\n", "@", "\\", "%", "/"} & set(target.host)
    assert parse_target(target.origin + target.path) == target


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b", "https://example.com:8443/b"),
        ("b?c", "https://example.com:8443/a/b?c"),
        ("../b", "https://example.com:8443/b"),
        ("?c", "https://example.com:8443/a/photo?c"),
        ("//other.example/b", "https://other.example/b"),
        ("https://other.example/b", "https://other.example/b"),
        ("/ä", "https://example.com:8443/%C3%A4"),
        ("", "https://example.com:8443/a/photo"),
    ],
)
def test_a_redirect_is_read_from_where_it_came(location, expected):
    target = parse_redirect(parse_target("https://example.com:8443/a/photo"), location)
    assert target.origin + target.path == expected


@pytest.mark.parametrize(
    "location",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user@example.com/",
        "//127.1/",
        "\\\\evil.com/",
        "/\\evil.com",
        "https:/evil.com",
        "https://exa mple.com/",
        "/a\nb",
        "//[::1%25lo]/",
    ],
)
def test_a_redirect_is_refused_like_any_address(location):
    base = parse_target("https://example.com/a")
    with pytest.raises(FetchError) as caught:
        parse_redirect(base, location)
    assert caught.value.code == "fetch_refused"


def test_a_redirect_may_lead_from_http_to_https():
    target = parse_redirect(parse_target("http://example.com/a"), "https://example.com/a")
    assert target.origin == "https://example.com"
