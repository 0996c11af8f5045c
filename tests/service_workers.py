"""The parts of a worker around a real store, with an analysis that does what a test says.

A picture's bytes are a word that names what happens to it and a serial number: ``b"good 7"``.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlite_tables
from studio_detector.errors import BusyError, IsolationError, RequestError
from studio_detector.pipeline.settings import Settings
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.blobs.folder import FolderBlobs
from studio_detector.service.cache import MemoryCache
from studio_detector.service.metrics.metrics import Metrics
from studio_detector.service.queues.open import make_broker
from studio_detector.service.records import NewJob, Work
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.similar import SimilarIndex
from studio_detector.service.store import open_store, utc_now
from studio_detector.service.traces.base import NO_TRACER
from studio_detector.service.vault.open import open_vault

WORK = Work(variant="default", pipeline_version="1", phases="auto")
PDQ = "0123456789abcdef" * 4


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def row_of(digest, *, phase="detail", confidence=0.75):
    """A row as the children give it."""
    measured = {"shadow": {"depth": 0.5}}
    if phase == "detail":
        measured["frequency"] = {"slope": 1.5}
    return {
        "sha256": digest,
        "is_studio": confidence > 0.5,
        "confidence": confidence,
        "label": "studio" if confidence > 0.5 else "natural",
        "phase": phase,
        "lighting_confidence": confidence,
        "model": "m",
        "variant": "default",
        "phases": "auto",
        "pdq": PDQ,
        "pdq_quality": 100,
        "logit": 1.0,
        "intercept": 0.0,
        "evidence": [{"measures": ["shadow.depth"], "log_odds": 1.0}],
        "measurements": measured,
        "missing": {},
        "versions": dict.fromkeys(measured, "1"),
        "detail_analyses": [name for name in measured if name == "frequency"],
        "components": {},
        "version": "0",
        "timing_ms": {"total": 1.0},
        "warnings": [],
        "schema_version": 1,
        "format": "JPEG",
        "original_size_px": [1, 1],
        "working_size_px": [1, 1],
        "basis": {},
        "band": [0.4, 0.6],
        "doubt": [0.3, 0.7],
    }


def failure_row(code):
    return {
        "path": None,
        "is_studio": None,
        "confidence": None,
        "error": {"code": code, "message": f"it is {code}"},
    }


@dataclass
class FakeChildren:
    """What children would say of a picture, by its first word.

    Attributes:
        pause_s: Seconds that each analysis takes.
        asked: Picture, phases and what was known, of each analysis.
        gate: An analysis of "slow" pictures goes on only while it is set.
    """

    pause_s: float = 0.0
    asked: list = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def occupied(self):
        return 0, 2, 0

    def analyse(self, data, *, sha256, phases, known=None, wants_near=None, **_):
        self.asked.append((data, phases, known))
        word = data.split()[0].decode()
        time.sleep(self.pause_s)
        if wants_near is not None:
            near = wants_near(PDQ, 100)
            if near is not None:
                return near
        if word == "slow":
            self.gate.wait()
        if word == "defect":
            raise ZeroDivisionError("on purpose")
        if word == "draining":
            raise BusyError("on purpose", code="draining")
        if word == "childless":
            raise IsolationError("no child can be started", code="crashed")
        if word == "nowhere":
            raise RequestError("there is no such variant", code="unknown_variant")
        if word in {"crashed", "timeout", "memory", "corrupt", "analysis_failed"}:
            return failure_row(word)
        phase = "lighting" if phases == "lighting" else "detail"
        return row_of(sha256, phase=phase, confidence=0.5 if word == "doubtful" else 0.9)


@dataclass
class FakeFetcher:
    """Address -> bytes, or what is raised."""

    pictures: dict[str, Any] = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def hosts_left_alone(self):
        return 0

    def fetch(self, url, max_bytes):  # noqa: ARG002
        self.asked.append(url)
        found = self.pictures[url]
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class FakeVariants:
    version: str = WORK.pipeline_version

    def settings_of(self, name):  # noqa: ARG002
        return Settings()

    def pipeline_version(self, name, phases):  # noqa: ARG002
        return self.version


@dataclass
class FakeWatch:
    told: list = field(default_factory=list)

    def notify(self, *jobs):
        self.told.extend(jobs)


@dataclass
class FakeDeliverer:
    """Settles every callback as delivered.

    Attributes:
        store: Whose deliveries.
        delivered: Their events, in order.
    """

    store: Any
    delivered: list = field(default_factory=list)

    def deliver(self, delivery_id):
        delivery = self.store.deliveries.claim(delivery_id)
        if delivery is None:
            return
        self.delivered.append((delivery.event, delivery.url))
        self.store.deliveries.settle(
            delivery_id, delivery.lease_token, status=200, error=None, state="delivered"
        )


@dataclass
class Parts:
    """See `WorkerParts`; with what tests ask for beside."""

    settings: ServiceSettings
    store: Any
    broker: Any
    blobs: Any
    cache: Any = field(default_factory=lambda: MemoryCache(100))
    children: Any = field(default_factory=FakeChildren)
    fetcher: Any = field(default_factory=FakeFetcher)
    variants: Any = field(default_factory=FakeVariants)
    similar: Any = field(default_factory=SimilarIndex)
    watch: Any = field(default_factory=FakeWatch)
    deliverer: Any = None
    metrics: Any = field(default_factory=Metrics)
    tracer: Any = NO_TRACER

    def accept(self, *pictures, **changes):
        """Keep pictures and accept a job for each, without messages."""
        new = []
        for data in pictures:
            digest = sha256(data)
            self.blobs.put(blob_key("default", digest), data)
            new.append(self.new_job(image_hash=digest, **changes))
        return self.store.jobs.accept(new)

    def accept_url(self, url, **changes):
        return self.store.jobs.accept([self.new_job(image_url=url, **changes)])[0]

    def new_job(self, **changes):
        return replace(
            NewJob(
                id=uuid4(),
                tenant="default",
                work=WORK,
                max_attempts=self.settings.max_attempts,
            ),
            **changes,
        )

    def job(self, job):
        """A job as it is now."""
        return self.store.jobs.get("default", job.id)

    def states(self):
        """State -> number of jobs."""
        counts = {}
        for (_, state), count in self.store.jobs.counts().items():
            counts[state] = counts.get(state, 0) + count
        return counts

    def close(self):
        self.children.gate.set()
        self.broker.close()
        self.store.close()


class Clock:
    """The time, plus what a test adds."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return utc_now() + self.ahead

    def add(self, seconds):
        self.ahead += timedelta(seconds=seconds)


def open_parts(folder, *, database_url=None, clock=utc_now, **settings):
    """Parts around a store; a database of its own in the folder unless one is named."""
    fast = {"lease_s": 1.0, "sweep_every_s": 0.1, "retry_first_s": 0.05, "workers": 2}
    fast |= {"keep_pictures_s": 86_400.0}
    service = ServiceSettings(**({"database_url": database_url} | fast | settings))
    store = open_store(
        database_url or sqlite_tables.laid(folder / "service.db"),
        clock=clock,
        lease_s=service.lease_s,
        retry_first_s=service.retry_first_s,
        retry_most_s=service.retry_most_s,
    )
    parts = Parts(
        settings=service,
        store=store,
        broker=make_broker(service),
        blobs=open_vault(service, folder, FolderBlobs(folder / "pictures"), store),
    )
    parts.deliverer = FakeDeliverer(store)
    return parts
