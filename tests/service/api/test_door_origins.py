"""Which names the service is asked under, and which pages may ask it."""

from __future__ import annotations

import json

import pytest

import api_service
from api_service import API, PNG
from door_examples import ask, bearer, key
from studio_detector.errors import ConfigError
from studio_detector.service.api.app import create_app

KIND = {"Content-Type": "image/png"}
FRIEND = "https://app.example.com"


def refused(answer):
    return answer.status == 403 and json.loads(answer.body)["code"] == "origin_refused"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """An app as it is by default: for this machine alone, and nobody is asked."""
    folder = tmp_path_factory.mktemp("local")
    with api_service.service(folder, works=False, allowed_hosts=()) as service:
        yield service


@pytest.fixture(scope="module")
def friendly(tmp_path_factory):
    """An app that pages of one other origin may use."""
    folder = tmp_path_factory.mktemp("friendly")
    with api_service.service(folder, works=False, cors_origins=(FRIEND,)) as service:
        yield service


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "localhost:8000",
            "LOCALHOST",
            "localhost.",
            "studio.localhost:80",
            "127.0.0.1",
            "127.0.0.1:8000",
            "127.8.9.10",
            "[::1]",
            "[::1]:8000",
        ],
    )
    def test_an_open_service_is_asked_by_names_of_this_machine(self, local, host):
        """Whatever the port."""
        assert 200 == ask(local, "GET", f"{API}/jobs", headers={"host": host}).status

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "0.0.0.0",
            "10.0.0.1",
            "[::2]",
            "",
            "127.1",
            "2130706433",
            "0x7f.1",
            "localhost@evil.example",
            "evil.example#localhost",
            "[::ffff:10.0.0.1]",
            None,
        ],
    )
    def test_a_name_that_leads_here_by_a_trick_is_refused(self, local, host):
        """A page of that name could read every answer (DNS rebinding)."""
        get = ask(local, "GET", f"{API}/jobs", headers={"host": host})
        post = ask(local, "POST", f"{API}/analyse", headers={"host": host, **KIND})

        assert refused(get)
        assert refused(post)
        assert 0 == post.reads

    def test_two_names_are_none(self, local):
        """Whoever stands in between may have read the other one."""
        names = [(b"host", b"localhost"), (b"host", b"evil.example")]
        answer = _raw(local, names)

        assert 403 == answer

    def test_names_may_be_named(self, serve):
        """Also all below one; then no others."""
        with serve(works=False, allowed_hosts=("Studio.Example", "*.shop.example")) as service:
            statuses = {
                host: ask(service, "GET", f"{API}/jobs", headers={"host": host}).status
                for host in (
                    *("studio.example", "STUDIO.example:443", "a.shop.example", "a.b.shop.example"),
                    *("shop.example", "evilshop.example", "localhost", "127.0.0.1"),
                )
            }

        assert [200] * 4 + [403] * 4 == list(statuses.values()), statuses

    def test_who_asks_for_keys_takes_any_name(self, serve):
        """A page of another name has no key."""
        with serve(works=False, auth="keys", allowed_hosts=()) as service:
            known = {"host": "whatever.example", **bearer(key(service))}

            assert 200 == ask(service, "GET", f"{API}/jobs", headers=known).status


class TestPages:
    @pytest.mark.parametrize(
        "sent",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "nonsense"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
            {"Origin": "https://evil.example"},
            {"Origin": "http://testserver:81"},
            {"Origin": "http://testserver.evil.example"},
            {"Origin": "null"},
            {"Origin": ""},
        ],
    )
    def test_a_page_of_another_host_changes_nothing(self, closed, sent):
        """Though a browser sends forms and pictures to whatever address a page names."""
        posted = ask(closed, "POST", f"{API}/analyse", headers={**KIND, **sent})
        deleted = ask(closed, "DELETE", f"{API}/jobs/x", headers=sent)

        assert refused(posted)
        assert refused(deleted)
        assert 0 == posted.reads

    @pytest.mark.parametrize(
        "sent",
        [
            {},
            {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "http://testserver"},
            {"Origin": "https://TESTSERVER"},
        ],
    )
    def test_programs_and_our_own_pages_do(self, idle, sent):
        """They send no such header, or their own place."""
        answer = ask(
            idle, "POST", f"{API}/analyse", body=[PNG + b"good 1"], headers={**KIND, **sent}
        )

        assert 202 == answer.status, answer.body

    def test_a_link_leads_here_and_a_picture_of_ours_into_no_page(self, closed):
        """Looking is harmless; being looked through by another page is not."""
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        inside = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}

        assert 200 == ask(closed, "GET", f"{API}/jobs", headers=link).status
        assert refused(ask(closed, "GET", f"{API}/jobs", headers=inside))


class TestCors:
    @staticmethod
    def preflight(service, origin, **more):
        wanted = {"Access-Control-Request-Method": "POST", "Origin": origin, **more}
        return ask(service, "OPTIONS", f"{API}/analyse", headers=wanted)

    def test_it_is_closed_by_default(self, closed):
        """No answer names an origin."""
        preflight = self.preflight(closed, FRIEND)
        simple = ask(closed, "GET", f"{API}/jobs", headers={"Origin": "http://testserver"})

        assert preflight.status >= 400
        for answer in (preflight, simple):
            assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_who_is_named_may_ask_and_read(self, friendly):
        """With keys in a header, never with cookies."""
        asked = {"Access-Control-Request-Headers": "authorization, content-type"}
        preflight = self.preflight(friendly, FRIEND, **asked)
        site = {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
        post = ask(
            friendly, "POST", f"{API}/analyse", body=[PNG + b"good 1"], headers={**KIND, **site}
        )

        assert (200, FRIEND) == (
            preflight.status,
            preflight.headers["access-control-allow-origin"],
        )
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in preflight.headers
        assert (202, FRIEND) == (post.status, post.headers["access-control-allow-origin"])
        assert "RateLimit" in post.headers["access-control-expose-headers"]

    def test_all_others_may_not(self, friendly):
        """Also not who looks like one."""
        for origin in ("https://evil.example", f"{FRIEND}.evil.example", "null", f"{FRIEND}:81"):
            preflight = self.preflight(friendly, origin)
            post = ask(friendly, "POST", f"{API}/analyse", headers={**KIND, "Origin": origin})

            assert 400 == preflight.status
            assert "access-control-allow-origin" not in preflight.headers
            assert refused(post)
            assert "access-control-allow-origin" not in post.headers

    @pytest.mark.parametrize(
        "origins",
        [
            ("*",),
            ("example.com",),
            ("https://example.com/",),
            ("ftp://example.com",),
            ("",),
            ("https://example.com/app",),
        ],
    )
    def test_what_is_no_origin_is_a_wrong_setting(self, serve, origins):
        """And so are all origins, where nobody is asked for a key."""
        with pytest.raises(ConfigError, match="cors_origins"), serve(cors_origins=origins):
            pass

    def test_with_keys_all_origins_may_be_meant(self, serve):
        """The key is what opens."""
        with serve(works=False, auth="keys", cors_origins=("*",)) as service:
            assert create_app(service.parts)
            assert "*" == self.preflight(service, FRIEND).headers["access-control-allow-origin"]


def _raw(service, headers):
    statuses = []

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"{API}/jobs",
        "query_string": b"",
        "headers": headers,
    }
    service.http.portal.call(service.app, scope, None, send)
    return statuses[0]
