"""The app around a real store, intake and worker; the analysis does what a picture's word says.

A picture is the signature of a PNG and a word with a serial number, see `service_workers`.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass, field, replace

from starlette.testclient import TestClient

import sqlite_tables
from service_workers import FakeChildren, FakeDeliverer, FakeFetcher
from studio_detector.errors import FetchError, RequestError
from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.settings import Settings
from studio_detector.service.access.open import open_authenticator
from studio_detector.service.api.app import create_app
from studio_detector.service.audit.open import open_audit
from studio_detector.service.blobs.folder import FolderBlobs
from studio_detector.service.cache import CountedCache, MemoryCache
from studio_detector.service.callbacks.payload import payload_of
from studio_detector.service.draining import Draining
from studio_detector.service.erasure.erase import Eraser
from studio_detector.service.erasure.journal import JOURNAL_FILE, Journal
from studio_detector.service.fetch.poster import GuardedPoster
from studio_detector.service.intake.backlog import Backlog
from studio_detector.service.intake.intake import Intake
from studio_detector.service.intake.subject_tags import SubjectTags
from studio_detector.service.intake.watch import JobWatch
from studio_detector.service.metrics.open import open_metrics
from studio_detector.service.parts import Parts, open_parts, watched
from studio_detector.service.queues.worker import Worker
from studio_detector.service.rates.open import open_rates
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.similar import SimilarIndex
from studio_detector.service.store import open_store
from studio_detector.service.variants import Variants
from studio_detector.service.variants_file import Variant
from studio_detector.service.vault.open import open_vault

PNG = b"\x89PNG\r\n\x1a\n"
API = "/api/v1"
#: The secret of the service.
SECRET = ServiceSecret("a secret of tests that is long enough to be taken")
#: What clients of the tests call the service.
HOSTS = ("testserver", "127.0.0.1")
#: A name that nothing has.
NOWHERE = "00000000-0000-4000-8000-000000000001"


def picture(word="good 1"):
    """A picture whose analysis does what the word says."""
    return PNG + word.encode()


class DrawingChildren(FakeChildren):
    """Fake children that take pictures, and draw them, too."""

    def analyse(self, data, **named):
        data = data.removeprefix(PNG)
        if not data.isascii() or not data.split():
            data = b"good by chance"
        if data.startswith(b"short"):
            time.sleep(1.5)
        return super().analyse(data, **named)

    def report_page(self, data, result, *, name=None):
        if data is not None and b"undrawable" in data:
            raise RequestError("on purpose", code="overlay_unknown")
        shown = "with" if data is not None else "without"
        return f"<!doctype html><title>{result.label} {shown} picture</title><h1>{name}</h1>"

    def overlay_names(self, result):  # noqa: ARG002
        return ("shadow_softness", "backdrop")

    def overlay(self, data, result, name):
        if name not in self.overlay_names(result):
            raise RequestError("there is no such overlay", code="overlay_unknown")
        return PNG + name.encode() + data

    def explanation(self, result):
        return {
            "waterfall": {"steps": [], "logit": result.evidence["logit"]},
            **dict.fromkeys(("flip", "flip_of_cues", "reliability")),
            "phases": "Lighting alone.",
            "cautions": [],
            "timing_ms": {"total": result.processing_time_ms},
            "cards": [],
        }

    def thumbnail(self, data, result):  # noqa: ARG002
        return b"\xff\xd8" + data.removeprefix(PNG)[::-1]

    is_ready = True

    def start(self):
        """There is nothing to start."""

    def close(self):
        """There is nothing to end."""


class ThreadBroker:
    """Hands names to threads of its own; stops without the second that real ones take."""

    def __init__(self):
        self._names = queue.SimpleQueue()
        self._threads = []
        self.is_there = True

    def send(self, to, name):
        self._names.put((to, str(name)))
        return True

    def depth(self, _):
        return self._names.qsize()

    def take_along(self, queue, most, takers):  # noqa: ARG002
        return []

    def give_back(self, queue, names):
        """None were taken."""

    def ping(self):
        return self.is_there

    def consume(self, pools, handler):
        def work():
            while (item := self._names.get()) is not None:
                handler(*item)

        self._threads = [
            threading.Thread(target=work, daemon=True) for _ in range(sum(pools.values()))
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, drain_s):
        for _ in self._threads:
            self._names.put(None)
        for thread in self._threads:
            thread.join(drain_s)

    def close(self):
        """There is nothing to close."""


@dataclass
class CheckingFetcher(FakeFetcher):
    """Knows which addresses would never be fetched."""

    def check(self, url):
        if url not in self.pictures:
            raise FetchError(f"{url} may not be fetched", code="fetch_refused")


@dataclass
class Service:
    """An app with its parts.

    Attributes:
        parts: The parts; store, intake and worker are real.
        app: The app.
        http: A client of it.
    """

    parts: Parts
    app: object
    http: TestClient
    worker: Worker | None = field(default=None)

    def post(self, word="good 1", path="/analyse", **more):
        """Post a picture as it is."""
        headers = {"Content-Type": "image/png", **more.pop("headers", {})}
        return self.http.post(API + path, content=picture(word), headers=headers, **more)

    def get(self, path, **more):
        return self.http.get(API + path, **more)

    def done(self, word="good 1", **params):
        """The result of a picture that was waited for."""
        answer = self.post(word, params={"wait": 30, **params})
        assert answer.status_code == 200, answer.text
        return answer.json()


def make_parts(folder, *, variants=(), children=None, pictures=None, **settings):
    """Parts by hand, since those of the service start real children."""
    usual = {"lease_s": 5.0, "sweep_every_s": 0.1, "workers": 2, "keep_pictures_s": 86_400.0}
    service = ServiceSettings(**(usual | {"allowed_hosts": HOSTS} | settings))
    store = open_store(sqlite_tables.laid(folder / "api.db"), payload_of=payload_of)
    draining = Draining(service.drain_s)
    scratch = folder / "scratch"
    scratch.mkdir()
    made = Variants(Settings(), variants)
    metrics = open_metrics(made)
    shared = {
        "settings": service,
        "store": store,
        "blobs": open_vault(service, folder, FolderBlobs(folder / "pictures"), store),
        "cache": CountedCache(MemoryCache(1000), metrics.cache.met),
        "broker": ThreadBroker(),
        "rates": open_rates(service),
        "variants": made,
        "fetcher": CheckingFetcher(pictures or {}),
        "poster": GuardedPoster(service),
        "draining": draining,
    }
    intake = Intake(
        limits=Limits(),
        backlog=Backlog(store.jobs.backlog, service.max_backlog),
        tags=SubjectTags.of(SECRET),
        **shared,
    )
    similar, watch = SimilarIndex(), JobWatch(store)
    audit = open_audit(service, store, SECRET)
    eraser = Eraser(
        store=store,
        blobs=shared["blobs"],
        cache=shared["cache"],
        similar=similar,
        watch=watch,
        journal=Journal(folder / JOURNAL_FILE),
        audit=audit,
        tags=intake.tags,
    )
    parts = Parts(
        base=Settings(),
        eraser=eraser,
        secret=SECRET,
        authenticator=open_authenticator(service, store, SECRET),
        audit=audit,
        children=children or DrawingChildren(),
        deliverer=FakeDeliverer(store),
        similar=similar,
        watch=watch,
        intake=intake,
        scratch=scratch,
        hurry=draining.hurry,
        metrics=metrics,
        **shared,
    )
    watched(parts, serves=True)
    return parts


@contextlib.contextmanager
def service(folder, *, works=True, **options):
    """An app around parts, with a worker or without.

    Args:
        folder: Where everything lies.
        works: Whether jobs are done.
        options: Of `make_parts`.
    """
    parts = make_parts(folder, **options)
    worker = Worker(parts) if works else None
    parts.audit.start()
    try:
        if worker is not None:
            worker.start()
            parts = replace(parts, worker=worker)
        app = create_app(parts)
        with TestClient(app, raise_server_exceptions=False) as http:
            yield Service(parts, app, http, worker)
    finally:
        parts.children.gate.set()
        if worker is not None:
            worker.stop(5.0)
        parts.broker.close()
        parts.poster.close()
        parts.authenticator.close()
        parts.audit.close()
        parts.store.close()


def shadow_variant(name="second", **changes):
    """A variant that scores every picture beside the one that answers."""
    settings = replace(Settings(), variant=name)
    return Variant(
        **({"name": name, "settings": settings, "share": 1.0, "is_shadow": True} | changes)
    )


@contextlib.contextmanager
def real_client(folder):
    """A client of an embedded service of which everything is real, and that keeps pictures."""
    settings = ServiceSettings(workers=1, keep_pictures_s=86_400.0)
    opened = open_parts(
        settings, Settings(), folder, lambda values: replace(Settings(), **values), serves=True
    )
    with (
        opened as parts,
        TestClient(
            create_app(parts), base_url="http://127.0.0.1", raise_server_exceptions=False
        ) as client,
    ):
        yield client
