"""Every setting of the service, in one frozen object, each with its bounds.

Kept and read like `studio_detector.pipeline.settings`: the config room checks the bounds, and
the line in the docstring is the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from ipaddress import ip_address
from typing import Annotated, Literal

from annotated_types import Ge, Le

from studio_detector.errors import ConfigError
from studio_detector.service.rate import read_rate

_MIB = 1024 * 1024
# Longer spans do not fit into dates.
_CENTURY_S = 3_155_760_000


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

#: Algorithms of tokens that can be taken. None of them is symmetric: who could check a token
#: could make it, and a public key must never pass for a secret.
TOKEN_ALGORITHMS = (
    "EdDSA",
    "Ed25519",
    "ES256",
    "ES384",
    "ES512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
)


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
        max_upload_memory_bytes: Memory for all uploads that are being taken in at once; what has
            no room waits a moment, and is then answered with 429.
        max_upload_disk_bytes: Room in the folder for those of them that are large, likewise.
        max_connections: Connections that are open at once; one address has half of them at most,
            unless it is a trusted proxy.
        max_wait_s: Longest that a request may wait for its result.
        max_attempts: Times a job is tried before it is dead.
        lease_s: Seconds after which a worker that gave no sign of life has lost its jobs.
        retry_first_s: Pause before the second try; it doubles with each further one.
        retry_most_s: Longest pause between tries.
        sweep_every_s: Pause between looks for jobs without a message, without a worker, or due.
        result_cache_s: How long the cache answers for a picture.
        result_cache_entries: Most results the cache in memory holds.
        keep_pictures_s: How long a picture is kept after its last job, for reports and overlays;
            0 deletes it at once.
        keep_failed_pictures_s: How long at least the picture of a dead job is kept that did not
            die of the picture, so that it can be tried again; 0 keeps it like any other.
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
        auth: Who is asked for a key: ``keys`` everybody, ``open`` nobody, ``auto`` everybody unless
            the service listens on this machine alone.
        service_secret: Hashes keys and tags of subjects and seals the audit log; none makes one
            in the folder.
        jwt_issuer: Issuer whose tokens are taken; none takes no tokens.
        jwt_audience: Audience that tokens must name.
        jwt_keys: Its public keys (JWKS): an https address or a file.
        jwt_algorithms: Algorithms of signatures that are taken.
        jwt_tenant_claim: Claim that names the tenant.
        jwt_role_claim: Claim that names the role.
        signature_window_s: How old a signed request may be.
        allowed_hosts: Names under which the service may be asked; none named takes any, or those
            of this machine where nobody is asked for a key.
        cors_origins: Origins whose pages may call the service; none named takes none.
        trusted_proxies: Networks of proxies whose ``X-Forwarded-For`` is believed.
        rate_key: Requests of one key, for instance ``6000/minute``; ``none`` does not count.
        rate_tenant: Requests of one tenant, written likewise.
        rate_address: Requests of one address, written likewise.
        rate_global: Requests of all callers together.
        rate_failed: Requests of one address with a key or token that is not accepted.
        rate_megapixels: Megapixels of one tenant's pictures, written likewise.
        rates_url: Where requests are counted, ``memory://`` or ``redis://...``; none takes
            ``cache_url``.
        header_timeout_s: Seconds that the head of a request may take.
        body_timeout_s: Seconds that a body, or who reads an answer, may rest.
        body_bytes_per_s: Least speed of a body, once it has taken ten seconds, and of who reads
            an answer.
        encrypt_pictures: Keep pictures encrypted.
        master_keys: Keys that wrap the keys of pictures, 32 bytes as base64, the newest first;
            none makes one in the folder.
        master_key_hook: Function that wraps and unwraps instead, ``package.module:name``.
        keep_results_s: How long results, and jobs that are over, are kept; 0 keeps them until
            they are erased.
        audit: Keep a log of who did what.
        sandbox: How a process that meets pictures is confined: ``auto`` as well as the system
            can, ``require`` not at all unless fully, ``off`` by limits alone.
        variants_file: TOML file of variants that share the traffic; none serves one alone.
        drain_s: How long jobs may go on after SIGTERM.
        notice_s: Before that, how long new work is still taken, so that load balancers see
            ``/readyz`` say no.
        metrics_host: Address at which a worker tells its metrics; nobody is asked for a key there.
        metrics_port: Port of it; 0 tells none. Who answers HTTP tells them at ``/metrics``.
        traces_url: Collector that spans are sent to (OTLP over HTTP), for instance
            ``http://127.0.0.1:4318``; none traces nothing.
        traces_ratio: Share of requests that are traced.

    Raises:
        ConfigError: ``config_invalid_value`` if settings do not fit together.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Ge(0), Le(65_535)] = 8000
    data_dir: str | None = None
    database_url: Url | None = field(default=None, repr=False)
    broker_url: Url = field(default="embedded://", repr=False)
    namespace: str = "studio"
    cache_url: Url = field(default="memory://", repr=False)
    blobs_url: Url | None = field(default=None, repr=False)
    blobs_endpoint: Url | None = field(default=None, repr=False)
    workers: Annotated[int, Ge(0), Le(1024)] = 0
    split_phases: bool = False
    photo_timeout_s: Seconds = 30.0
    photo_memory_bytes: Count = 1536 * _MIB
    recycle_after: Count = 10_000
    max_backlog: Count = 10_000
    max_upload_bytes: Count = 64 * _MIB
    max_batch_upload_bytes: Count = 2048 * _MIB
    max_batch_items: Count = 10_000
    max_upload_memory_bytes: Count = 512 * _MIB
    max_upload_disk_bytes: Count = 8192 * _MIB
    max_connections: Count = 1_000
    max_wait_s: Seconds = 60.0
    max_attempts: Annotated[int, Ge(1), Le(100)] = 5
    lease_s: Seconds = 30.0
    retry_first_s: Seconds = 2.0
    retry_most_s: Seconds = 600.0
    sweep_every_s: Seconds = 1.0
    result_cache_s: Seconds = 86_400.0
    result_cache_entries: Count = 10_000
    keep_pictures_s: Annotated[float, Ge(0), Le(_CENTURY_S)] = 0.0
    keep_failed_pictures_s: Annotated[float, Ge(0), Le(31_536_000)] = 86_400.0
    fetch_timeout_s: Seconds = 10.0
    fetch_connect_timeout_s: Seconds = 3.0
    fetch_max_redirects: Annotated[int, Ge(0), Le(20)] = 3
    fetch_http: bool = True
    fetch_ports: tuple[str, ...] = ("80", "443")
    fetch_hosts: tuple[str, ...] = ()
    fetch_denied_hosts: tuple[str, ...] = ()
    fetch_private: tuple[str, ...] = ()
    callback_secrets: Annotated[tuple[str, ...], Secret.WHOLE] = field(default=(), repr=False)
    callback_hosts: tuple[str, ...] = ()
    callback_timeout_s: Seconds = 15.0
    breaker_failures: Count = 5
    breaker_pause_s: Seconds = 30.0
    auth: Literal["auto", "keys", "open"] = "auto"
    service_secret: Annotated[str | None, Secret.WHOLE] = field(default=None, repr=False)
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_keys: Url | None = field(default=None, repr=False)
    jwt_algorithms: tuple[str, ...] = ("EdDSA", "ES256", "RS256")
    jwt_tenant_claim: str = "tenant"
    jwt_role_claim: str = "role"
    signature_window_s: Annotated[float, Ge(1), Le(3600)] = 300.0
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    rate_key: str = "12000/minute"
    rate_tenant: str = "30000/minute"
    rate_address: str = "30000/minute"
    rate_global: str = "120000/minute"
    rate_failed: str = "60/minute"
    rate_megapixels: str = "600000/minute"
    rates_url: Url | None = field(default=None, repr=False)
    header_timeout_s: Seconds = 10.0
    body_timeout_s: Seconds = 30.0
    body_bytes_per_s: Count = 1024
    encrypt_pictures: bool = True
    master_keys: Annotated[tuple[str, ...], Secret.WHOLE] = field(default=(), repr=False)
    master_key_hook: str | None = None
    keep_results_s: Annotated[float, Ge(0), Le(_CENTURY_S)] = 0.0
    audit: bool = True
    sandbox: Literal["auto", "require", "off"] = "auto"
    variants_file: str | None = None
    drain_s: Seconds = 20.0
    notice_s: Annotated[float, Ge(0), Le(600)] = 0.0
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Ge(0), Le(65_535)] = 0
    traces_url: Url | None = field(default=None, repr=False)
    traces_ratio: Annotated[float, Ge(0), Le(1)] = 1.0

    def __post_init__(self) -> None:
        if self.is_scaled and self.database_url is None:
            raise ConfigError(
                f"broker_url begins {self.broker_url.partition(':')[0]!r} and there is no "
                "database_url; workers on other machines need a database they all reach: set "
                "postgresql+psycopg://...",
                code="config_invalid_value",
            )
        if self.auth == "open" and not self.is_on_loopback:
            raise ConfigError(
                f"auth is open and host is {self.host!r}, which others reach; set auth to keys, or "
                "host to 127.0.0.1",
                code="config_invalid_value",
            )
        self._check_tokens()
        for one in fields(self):
            if one.name.startswith("rate_"):
                read_rate(getattr(self, one.name), name=one.name)

    @property
    def is_on_loopback(self) -> bool:
        """Whether only this machine reaches the address that is listened at."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for a key."""
        return self.auth == "open" or (self.auth == "auto" and self.is_on_loopback)

    @property
    def is_scaled(self) -> bool:
        """Whether messages leave this process."""
        return self.broker_url != "embedded://"

    def _check_tokens(self) -> None:
        """Tokens are taken by complete rules or not at all."""
        for name in self.jwt_algorithms:
            if name not in TOKEN_ALGORITHMS:
                raise ConfigError(
                    f"jwt_algorithms holds {name!r}; take some of: {', '.join(TOKEN_ALGORITHMS)}",
                    code="config_invalid_value",
                )
        given = {name: getattr(self, name) for name in ("jwt_issuer", "jwt_audience", "jwt_keys")}
        if any(given.values()) and not (all(given.values()) and self.jwt_algorithms):
            missing = [name for name, value in given.items() if not value]
            raise ConfigError(
                "tokens are taken only with jwt_issuer, jwt_audience, jwt_keys and jwt_algorithms; "
                f"set {' and '.join(missing or ['jwt_algorithms'])} too",
                code="config_invalid_value",
            )
        if self.jwt_keys and "://" in self.jwt_keys and not self.jwt_keys.startswith("https://"):
            raise ConfigError(
                "jwt_keys is an address that is not https; whoever can change what it gives can "
                "be anybody",
                code="config_invalid_value",
            )
