"""The page's own addresses: for everybody, behind a strict policy, kept for ever by browsers."""

from __future__ import annotations

import gzip
import re

import pytest

from studio_detector.service.api.routes.page import POLICY

MAIN = re.compile(r'"(/static/[0-9a-f]{16}/)main\.js"')


@pytest.fixture(scope="module")
def base(closed):
    """Where the files stand."""
    return MAIN.search(closed.http.get("/").text)[1]


def test_the_document_is_served_under_a_strict_policy(closed):
    """Nothing from other hosts, nothing that stands in the document."""
    answer = closed.http.get("/")

    assert 200 == answer.status_code
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert POLICY == answer.headers["content-security-policy"]
    directives = dict(part.split(" ", 1) for part in POLICY.split("; "))
    assert "'none'" == directives["default-src"]
    for name in ("script-src", "style-src", "connect-src"):
        assert "'self'" == directives[name]
    assert "unsafe" not in POLICY
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "no-referrer" == answer.headers["referrer-policy"]
    assert "same-origin" == answer.headers["cross-origin-opener-policy"]
    assert "DENY" == answer.headers["x-frame-options"]


def test_whoever_has_the_document_is_not_sent_it_again(closed):
    """But asks each time, since it names the files of one version."""
    first = closed.http.get("/")

    again = closed.http.get("/", headers={"If-None-Match": first.headers["etag"]})

    assert (304, b"") == (again.status_code, again.content)
    assert POLICY == again.headers["content-security-policy"]
    assert "no-cache" in first.headers["cache-control"]


def test_nobody_is_asked_for_a_key(keyed):
    """The page asks for it itself; nothing of anybody is in its files."""
    document = keyed.http.get("/")
    files = re.findall(r'(?:src|href)="(/[^"]+)"', document.text)

    assert 200 == document.status_code
    assert "&#34;needs_key&#34;: true" in document.text
    assert {200} == {keyed.http.get(path).status_code for path in files}
    assert 401 == keyed.http.get("/api/v1/version").status_code


def test_everything_the_document_names_is_there(closed):
    """With the kind that a browser insists on."""
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    files = re.findall(r'(?:src|href)="(/[^"]+)"', closed.http.get("/").text)
    assert len(files) > 20

    for path in files:
        answer = closed.http.get(path)
        assert 200 == answer.status_code, path
        assert kinds[path.rpartition(".")[2]] == answer.headers["content-type"].partition(";")[0]


def test_files_are_kept_for_ever(closed, base):
    """Their address changes with them."""
    answer = closed.http.get(f"{base}main.js")

    assert "public, max-age=31536000, immutable" == answer.headers["cache-control"]
    sent = {"If-None-Match": answer.headers["etag"]}
    assert 304 == closed.http.get(f"{base}main.js", headers=sent).status_code


def test_files_are_smaller_on_the_way(closed, base):
    """Where the browser says that it unpacks; what it gets is the same."""
    plain = closed.http.get(f"{base}style.css", headers={"Accept-Encoding": "identity"})
    with closed.http.stream("GET", f"{base}style.css") as zipped:
        raw = b"".join(zipped.iter_raw())

    assert "gzip" == zipped.headers["content-encoding"]
    assert "content-encoding" not in plain.headers
    assert plain.content == gzip.decompress(raw)
    assert len(raw) < len(plain.content) / 2
    assert "Accept-Encoding" == plain.headers["vary"] == zipped.headers["vary"]
    assert plain.headers["etag"] != zipped.headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "{base}",
        "{base}none.js",
        "{base}../page.py",
        "{base}..%2fpage.py",
        "{base}%2e%2e/page.py",
        "{base}views/../main.js",
        "{base}//etc/passwd",
        "{base}main.js%00",
        "{base}MAIN.JS",
        "/static/0123456789abcdef/main.js",
        "/static//main.js",
        "/main.js",
    ],
)
def test_no_path_leads_elsewhere(closed, base, path):
    """A file is found by its whole name, or not at all."""
    answer = door_get(closed, path.format(base=base))

    assert (404, "route_unknown") == answer


def test_only_looking_is_possible(closed, base):
    """GET and HEAD, like all that can be fetched."""
    assert 405 == closed.http.post("/").status_code
    assert 405 == closed.http.delete(f"{base}main.js").status_code
    head = closed.http.head(f"{base}main.js")
    assert (200, b"") == (head.status_code, head.content)


def test_a_page_of_another_host_may_link_to_it_but_not_read_it(closed):
    """As with every address: see the door."""
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert 200 == closed.http.get("/", headers=link).status_code
    link["Sec-Fetch-Mode"] = "no-cors"
    assert 403 == closed.http.get("/", headers=link).status_code


def door_get(service, path):
    """Status and code, of a path as it is written: clients would tidy it."""
    import json

    import door_examples

    answer = door_examples.ask(service, "GET", path)
    return answer.status, json.loads(answer.body)["code"]
