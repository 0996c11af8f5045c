"""Every setting of the service, in one frozen object, each with its bounds.

Kept and read like `studio_detector.pipeline.settings`: the config room checks the bounds, and
the line in the docstring is the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from annotated_types import Ge, Le

from studio_detector.errors import ConfigError

_MIB = 1024 * 1024


class Secret(Enum):
    """What of a setting's value is never shown."""

    #: All of it.
    WHOLE = "whole"
    #: The password in an address.
    PASSWORD = "password"  # noqa: S105 - a word for it, not one


#: An address that may hold a password.
Url = Annotated[str, Secret.PASSWORD]
#: Whole seconds or parts of them.
Seconds = Annotated[float, Ge(0.01), Le(31_536_000)]
#: A number of things, at least one.
Count = Annotated[int, Ge(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What can be set about the service.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        data_dir: Folder of the database, the pictures and the secrets of the embedded service;
            none takes a folder of this user.
        database_url: Database of jobs and results, for instance
            ``postgresql+psycopg://user:password@host/name``; none takes SQLite in the folder.
        broker_url: What carries messages to workers: ``embedded://``, ``redis://...`` or
            ``amqp://...``.
        namespace: Begins the names of queues and keys, so that several services can share servers.
        cache_url: Where results are remembered: ``memory://`` or ``redis://...``.
        blobs_url: Where pictures wait: none takes the folder, ``s3://bucket/prefix`` a bucket.
        blobs_endpoint: Address of an S3-compatible store that is not Amazon's.
        workers: Processes that decode and analyse; 0 takes as many as cores are usable.
        split_phases: Look at details in a queue of its own, so that fast work never waits
            behind slow.
        photo_timeout_s: Seconds one photo may take in its process.
        photo_memory_bytes: Address space a process may take beyond its start (Linux).
        recycle_after: Photos after which a process is replaced.
        max_backlog: Jobs that may wait or run; beyond it, new ones are answered with 429.
        max_upload_bytes: Largest picture that is taken over HTTP.
        max_batch_upload_bytes: Largest archive that is taken over HTTP.
        max_batch_items: Most photos of one batch.
        max_wait_s: Longest that a request may wait for its result.
        max_attempts: Times a job is tried before it is dead.
        lease_s: Seconds after which a worker that gave no sign of life has lost its jobs.
        retry_first_s: Pause before the second try; it doubles with each further one.
        retry_most_s: Longest pause between tries.
        sweep_every_s: Pause between looks for jobs without a message, without a worker, or due.
        result_cache_s: How long the cache answers for a picture.
        result_cache_entries: Most results the cache in memory holds.
        keep_pictures_s: How long a picture is kept after its analysis, for reports and overlays.
        fetch_timeout_s: Seconds that fetching one address may take.
        fetch_connect_timeout_s: Seconds that connecting may take.
        fetch_max_redirects: Redirects that are followed, each checked like the first address.
        fetch_http: Fetch ``http`` addresses too, not only ``https``.
        fetch_ports: Ports that are fetched from and called back; ``*`` takes any.
        fetch_hosts: Hosts that are fetched from, ``*.example.com`` for all below one; none
            named takes any.
        fetch_denied_hosts: Hosts that are neither fetched from nor called back, written
            likewise; they win.
        fetch_private: Networks that are fetched from and called back though they are private,
            for instance ``10.1.0.0/16``.
        callback_secrets: Secrets that sign callbacks, ``whsec_...``, the newest first; none
            makes one in the folder.
        callback_hosts: Hosts that are called back, written like ``fetch_hosts``; none named
            takes any.
        callback_timeout_s: Seconds that a callback may take.
        breaker_failures: Failures in a row after which a host is left alone.
        breaker_pause_s: How long a host is left alone.
        variants_file: TOML file of variants that share the traffic; none serves one alone.
        drain_s: How long jobs may go on after SIGTERM.

    Raises:
        ConfigError: ``config_invalid_value`` if settings do not fit together.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Ge(0), Le(65_535)] = 8000
    data_dir: str | None = None
    database_url: Url | None = None
    broker_url: Url = "embedded://"
    namespace: str = "studio"
    cache_url: Url = "memory://"
    blobs_url: str | None = None
    blobs_endpoint: str | None = None
    workers: Annotated[int, Ge(0), Le(1024)] = 0
    split_phases: bool = False
    photo_timeout_s: Seconds = 30.0
    photo_memory_bytes: Count = 1536 * _MIB
    recycle_after: Count = 10_000
    max_backlog: Count = 10_000
    max_upload_bytes: Count = 64 * _MIB
    max_batch_upload_bytes: Count = 2048 * _MIB
    max_batch_items: Count = 10_000
    max_wait_s: Seconds = 60.0
    max_attempts: Annotated[int, Ge(1), Le(100)] = 5
    lease_s: Seconds = 30.0
    retry_first_s: Seconds = 2.0
    retry_most_s: Seconds = 600.0
    sweep_every_s: Seconds = 1.0
    result_cache_s: Seconds = 86_400.0
    result_cache_entries: Count = 10_000
    keep_pictures_s: Annotated[float, Ge(0)] = 86_400.0
    fetch_timeout_s: Seconds = 10.0
    fetch_connect_timeout_s: Seconds = 3.0
    fetch_max_redirects: Annotated[int, Ge(0), Le(20)] = 3
    fetch_http: bool = True
    fetch_ports: tuple[str, ...] = ("80", "443")
    fetch_hosts: tuple[str, ...] = ()
    fetch_denied_hosts: tuple[str, ...] = ()
    fetch_private: tuple[str, ...] = ()
    callback_secrets: Annotated[tuple[str, ...], Secret.WHOLE] = ()
    callback_hosts: tuple[str, ...] = ()
    callback_timeout_s: Seconds = 15.0
    breaker_failures: Count = 5
    breaker_pause_s: Seconds = 30.0
    variants_file: str | None = None
    drain_s: Seconds = 20.0

    def __post_init__(self) -> None:
        if self.is_scaled and self.database_url is None:
            raise ConfigError(
                f"broker_url is {self.broker_url!r} and there is no database_url; workers on "
                "other machines need a database they all reach: set postgresql+psycopg://...",
                code="config_invalid_value",
            )

    @property
    def is_scaled(self) -> bool:
        """Whether messages leave this process."""
        return self.broker_url != "embedded://"
