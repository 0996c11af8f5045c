"""A tenant with one of everything, and strangers who ask for it under every name it has."""

from __future__ import annotations

import io
import itertools
import re
import time
import zipfile
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from api_service import API, picture
from door_examples import bearer, key
from studio_detector.service.store.cursors import moment_and_id, moment_and_number, written

#: Addresses that can be fetched: that of the tenant, and another one.
URLS = ("https://example.com/theirs.png", "https://example.com/other.png")
PICTURES = {url: picture(f"good {number}") for number, url in enumerate(URLS, 901)}
TAG = "customer-4711"
PROMISE = "shoot-17"
NOTE = "a north window, says the owner"
MEMBER = "holiday-of-the-owner.png"
OWNER = "owner"
_VOLATILE = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)"), "<moment>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hash>"),
    (re.compile(r'"(processing_time_ms|oldest_wait_s)":[0-9.e-]+'), "<time>"),
    (re.compile(r"\bstranger-\d+\b"), "<stranger>"),
    (re.compile(r"\bkey:\w+"), "<key>"),
)
_DRAWN = ("/explanation", "/thumbnail.jpg")
_LISTS = {"jobs": moment_and_id, "results": moment_and_number, "audit": moment_and_number}


def archive_of(*pictures, first="0.png"):
    """A zip of them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for number, data in enumerate(pictures):
            file.writestr(zipfile.ZipInfo(f"{number}.png" if number else first), data)
    return packed.getvalue()


@dataclass
class Tenant:
    """Somebody with a key.

    Attributes:
        service: Of `api_service`.
        name: Of the tenant.
        key: An admin's, so that no role hides what isolation should.
    """

    service: object
    name: str
    key: str = ""

    def __post_init__(self):
        self.key = key(self.service, tenant=self.name)

    def ask(self, method, path, *, headers=None, **more):
        """Send a request with the key."""
        return self.service.http.request(
            method, path, headers={**bearer(self.key), **(headers or {})}, **more
        )

    def get(self, path, **more):
        return self.ask("GET", API + path, **more)

    def post(self, data, path="/analyse", kind="image/png", **more):
        headers = {"Content-Type": kind, **more.pop("headers", {})}
        return self.ask("POST", API + path, content=data, headers=headers, **more)

    def done(self, data, **params):
        answer = self.post(data, params={"wait": 30, **params})
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def followed(self, answer):
        """What became of what was accepted, since until then it is a matter of moments."""
        if answer.status_code != 202:
            return answer
        where = answer.headers["Location"].removeprefix(API)
        if where.startswith("/jobs/"):
            self.until(where, lambda job: job["state"] in {"done", "dead"})
            return self.get(where)
        self.until(where, lambda batch: batch["finished_at"])
        return self.get(f"{where}/results")

    def until(self, path, is_so):
        """Ask again and again until something is so."""
        until = time.monotonic() + 60
        while not is_so(found := self.get(path).json()):
            assert time.monotonic() < until, found
            time.sleep(0.01)
        return found


@dataclass
class Owner(Tenant):
    """The tenant with one of everything.

    Attributes:
        names: Parameter -> what the owner's things are called there.
        data: The owner's pictures.
    """

    names: dict = field(default_factory=dict)
    data: list = field(default_factory=list)

    def settle(self):
        """Make one of everything."""
        first = picture("good 1")
        done = self.post(
            first, params={"wait": 30, "subject": TAG}, headers={"Idempotency-Key": PROMISE}
        ).json()
        dead = self.post(picture("corrupt 1"), params={"wait": 30}).json()
        running = self.post(picture("slow 1")).json()["id"]
        self.until(f"/jobs/{running}", lambda job: job["state"] == "running")
        follower = self.post(picture("slow 1")).json()["id"]
        fetched = self.post(
            b'{"image_url": "%b"}' % URLS[0].encode(), kind="application/json", params={"wait": 30}
        ).json()
        packed = [picture("good 2"), picture("good 3")]
        batch = self.post(archive_of(*packed, first=MEMBER), "/batches", "application/zip").json()[
            "id"
        ]
        self.until(f"/batches/{batch}", lambda found: found["finished_at"])
        results = [done["id"], fetched["id"]]
        self.ask(
            "POST",
            f"{API}/results/{done['id']}/feedback",
            json={"label": "natural", "note": NOTE},
        )
        shadows = [
            job["id"]
            for job in self.get("/jobs", params={"limit": 500}).json()["items"]
            if job["shadow_of"] == done["job_id"]
        ]
        assert shadows
        # All but the picture that is held, its follower and their shadows, which come later.
        held = {running, follower}
        self.until(
            "/jobs?limit=500",
            lambda page: all(
                job["state"] in {"done", "dead"} or {job["id"], job["shadow_of"]} & held
                for job in page["items"]
            ),
        )
        self.data = [first, *packed]
        jobs = [done["job_id"], dead["job_id"], running, follower, fetched["job_id"], *shadows]
        self.names = {
            "job_id": jobs,
            "batch_id": [batch],
            "result_id": results,
            "image_hash": [done["image_hash"], fetched["image_hash"]],
            "tag": [TAG],
            "subject": [TAG],
            "tenant": [self.name],
            "Idempotency-Key": [PROMISE],
            "cursor": self._cursors(),
            "If-None-Match": self._etags(results[0]),
        }

    def secrets(self):
        """Whatever would tell a stranger something if it stood in an answer."""
        named = [name for names in self.names.values() for name in names]
        return [*named, NOTE, MEMBER, URLS[0], self.key]

    def view(self):
        """All that the owner can see, to the byte."""
        pages = [
            "/jobs?limit=500",
            "/results?limit=500",
            "/queues",
            "/overview",
            "/variants/default/disagreements/second",
        ]
        pages += [f"/jobs/{name}" for name in self.names["job_id"]]
        for name in self.names["batch_id"]:
            pages += [f"/batches/{name}"]
            pages += [f"/batches/{name}/results?format={form}" for form in ("jsonl", "csv")]
        for name in self.names["result_id"]:
            ways = ("", "/feedback", "/overlays", "/overlays/backdrop.png", "/report", *_DRAWN)
            pages += [f"/results/{name}{way}" for way in ways]
        pages += [f"/similar?image_hash={name}" for name in self.names["image_hash"]]
        pages += [f"/subjects/{name}/export" for name in self.names["tag"]]
        found = {}
        for page in pages:
            answer = self.get(page)
            assert 200 == answer.status_code, (page, answer.text)
            text = answer.content
            for moving in (rb'"exported_at":"[^"]+"', rb'"oldest_wait_s":[0-9.e-]+'):
                text = re.sub(moving, b"", text)
            found[page] = text
        return found

    def _cursors(self):
        pages = [
            self.get(f"/{name}", params={"limit": 1}).json()["cursor"]
            for name in ("jobs", "results")
        ]
        assert all(pages)
        return pages

    def _etags(self, result_id):
        ways = ("", "/report", "/overlays/backdrop.png", *_DRAWN)
        return [self.get(f"/results/{result_id}{way}").headers["ETag"] for way in ways]


def never(parameter, name):
    """What nothing was ever called, of the same form as a name that something has.

    Args:
        parameter: What it is the name of.
        name: That of the owner's.
    """
    if parameter == "cursor":
        return _other_cursor(name)
    if parameter == "If-None-Match":
        return '"' + "0" * (len(name) - 2) + '"'
    if parameter == "image_hash":
        return "ab" * 32
    if parameter in {"tag", "subject", "tenant", "Idempotency-Key"}:
        return name[:-1] + "~" if parameter != "tenant" else "nobody"[: len(name)]
    UUID(name)
    return str(uuid4())


def _other_cursor(cursor):
    """One for the same moment and another row."""
    for kind, read in _LISTS.items():
        try:
            moment, mark = read(kind, cursor)
        except Exception:  # noqa: BLE001 - of another list
            continue
        return written(kind, moment, uuid4() if isinstance(mark, UUID) else mark + 10**9)
    raise AssertionError(cursor)


_numbers = itertools.count(1)


def stranger(service):
    """Somebody new, who has nothing."""
    return Tenant(service, f"stranger-{next(_numbers)}")


def plain(answer, names=()):
    """An answer without what differs between any two, and without the names that were asked for.

    Args:
        answer: It.
        names: What the request named.
    """
    headers = {name.lower(): value for name, value in answer.headers.items()}
    # The text itself is compared, in which names may be longer or shorter.
    headers.pop("content-length", None)
    # Drawn by lot for each request.
    headers.pop("x-request-id", None)
    text = answer.text
    # Messages repeat the beginning of what is long.
    for name in sorted({*names, *(name[:40] for name in names)}, key=len, reverse=True):
        text = text.replace(name, "<name>")
        headers = {key: value.replace(name, "<name>") for key, value in headers.items()}
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
        headers = {key: pattern.sub(word, value) for key, value in headers.items()}
    return answer.status_code, headers, text
