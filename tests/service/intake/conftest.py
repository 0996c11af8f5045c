"""An intake around a real store, real pictures kept in a folder, and hosts that are told apart."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from kept_pictures import file
from service.intake.packed import KINDS
from service.store.store_examples import erase, new_result
from studio_detector.errors import FetchError, RequestError
from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.settings import Settings
from studio_detector.service.blobs import FolderBlobs, blob_key
from studio_detector.service.cache import MemoryCache
from studio_detector.service.intake.backlog import Backlog
from studio_detector.service.intake.intake import Intake
from studio_detector.service.intake.subject_tags import SubjectTags
from studio_detector.service.intake.wishes import Wishes
from studio_detector.service.queues.remembering import remember
from studio_detector.service.rates.open import open_rates
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store
from studio_detector.service.variants import Variants
from studio_detector.service.variants_file import Variant
from studio_detector.service.vault.open import open_vault

TENANT = "default"


@dataclass
class NotedBroker:
    """Notes what is sent, and what the store knew of it at that moment.

    Attributes:
        store: Is asked at every message.
        is_away: Whether sending fails.
        sent: Queue, job and the job's state in the store.
    """

    store: Any
    is_away: bool = False
    sent: list = field(default_factory=list)

    def send(self, queue, job_id):
        if self.is_away:
            return False
        self.sent.append((queue, job_id, self._state(job_id)))
        return True

    def _state(self, job_id):
        for tenant in (TENANT, "other"):
            with contextlib.suppress(RequestError):
                return self.store.jobs.get(tenant, job_id).state
        return "unknown"


class Choosy:
    """Stands for fetcher and poster: addresses with "forbidden" in them are refused."""

    def check(self, url):
        if "forbidden" in url:
            raise FetchError(f"{url[:40]!r} may not be asked", code="fetch_refused")


@dataclass
class Door:
    """The intake with what stands around it; what a test asks for beside are shorthands."""

    intake: Intake
    store: Any
    blobs: Any
    cache: Any
    broker: NotedBroker
    variants: Variants
    draining: threading.Event

    def picture(self, data=None, *, key=None, tenant=TENANT, **wishes):
        return self.intake.picture(
            file(1) if data is None else data,
            Wishes(**wishes),
            tenant=tenant,
            idempotency_key=key,
        )

    def address(self, url="https://pictures.example/1.jpg", *, key=None, **wishes):
        return self.intake.address(url, Wishes(**wishes), tenant=TENANT, idempotency_key=key)

    def archive(self, stream, *, key=None, **wishes):
        return self.intake.archive(stream, Wishes(**wishes), tenant=TENANT, idempotency_key=key)

    def job(self, job):
        """A job as it is now."""
        return self.store.jobs.get(job.tenant, job.id)

    def jobs(self, *, shadows=False):
        """Jobs of the tenant, the oldest first; those that answer, or the shadows."""
        found = self.store.jobs.find(TENANT, limit=10_000).items
        return [job for job in reversed(found) if (job.shadow_of is not None) == shadows]

    def batch_jobs(self, batch_id):
        """The jobs of a batch, by position."""
        return [job for job, _ in self.store.batches.results(TENANT, batch_id)]

    def unsent(self):
        return [job_id for job_id, _ in self.store.jobs.unsent(10_000)]

    def kept(self, data, tenant=TENANT):
        """Whether a picture lies in the blobs."""
        return self.blobs.exists(blob_key(tenant, hashlib.sha256(data).hexdigest()))

    def erase_picture(self, job):
        """Erase the picture of a job from the store, and from there alone."""
        erase(self.store, "picture", job.image_hash, is_hash=True)

    def finish(self, job, *, remembers=False):
        """Do what a worker would; the job as it is then."""
        running = self.store.jobs.claim(job.id, "worker")
        result = new_result("", image_hash=running.image_hash, work=running.work)
        done = self.store.jobs.finish(running.id, running.lease_token, result, "analysed")
        if remembers:
            remember(self.cache, done, 3600.0)
        return done


@pytest.fixture(scope="session")
def variants():
    """One that answers, one to be asked for by name, one in the shadow of both."""
    return Variants(
        Settings(model="rules"),
        [
            Variant(name="warm", settings=Settings(model="rules", variant="warm", doubt_high=0.9)),
            Variant(
                name="shade",
                settings=Settings(model="rules", variant="shade", phases="lighting"),
                share=1.0,
                is_shadow=True,
            ),
        ],
    )


@pytest.fixture(scope="session")
def no_shadows():
    return Variants(Settings(model="rules"))


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory):
    """A database with tables and no rows; a copy is had sooner than another one."""
    path = tmp_path_factory.mktemp("fresh") / "studio.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def open_fresh(tmp_path, fresh_database):
    """Open a store of this test's own."""
    stores = []

    def open_fresh():
        path = tmp_path / "studio.db"
        shutil.copyfile(fresh_database, path)
        stores.append(open_store(f"sqlite:///{path}"))
        return stores[-1]

    yield open_fresh
    for store in stores:
        store.close()


@pytest.fixture
def make_door(tmp_path, open_fresh, no_shadows):
    """Build the intake of a test; settings are what differs."""

    def make(*, variants=no_shadows, max_file_bytes=1 << 20, **settings):
        service = ServiceSettings(**settings)
        store = open_fresh()
        around = {
            "store": store,
            "blobs": open_vault(service, tmp_path, FolderBlobs(tmp_path / "pictures"), store),
            "cache": MemoryCache(100),
            "broker": NotedBroker(store),
            "variants": variants,
            "draining": threading.Event(),
        }
        intake = Intake(
            settings=service,
            limits=Limits(max_file_bytes=max_file_bytes),
            fetcher=Choosy(),
            poster=Choosy(),
            backlog=Backlog(store.jobs.backlog, service.max_backlog),
            rates=open_rates(service),
            tags=SubjectTags(b"a key of tests"),
            **around,
        )
        return Door(intake=intake, **around)

    return make


@pytest.fixture
def door(make_door):
    return make_door()


@pytest.fixture(params=KINDS)
def packed(request):
    """Pack (name, bytes) into an archive of every kind."""
    return KINDS[request.param]
