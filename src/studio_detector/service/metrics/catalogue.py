"""Every metric of the service: its name, what it says, and what its labels may be.

Dashboards, alerts and the documentation rely on these names; instruments are made from here and
nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
#: Which processes have something to tell: those that answer HTTP, those that work, or both.
Teller: TypeAlias = Literal["api", "worker", "both"]

#: Seconds of what takes milliseconds: stages and short requests.
SHORT_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: Seconds of requests, which may be waited with for a minute. An alert rests on the bound of 2.
REQUEST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)
#: Seconds of jobs, which may wait for hours.
LONG_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
#: P(studio).
TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        name: As Prometheus has it.
        kind: Of its numbers.
        says: One sentence for people.
        labels: Label -> what it may be, for people.
        buckets: Upper ends, of a histogram.
        told_by: Which processes have something to tell.
    """

    name: str
    kind: Kind
    says: str
    labels: Mapping[str, str]
    buckets: tuple[float, ...] = ()
    told_by: Teller


def _all(*metrics: Metric) -> Mapping[str, Metric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


def _metric(
    told_by: Teller,
    kind: Kind,
    name: str,
    says: str,
    /,
    *,
    buckets: tuple[float, ...] = (),
    **labels: str,
) -> Metric:
    return Metric(
        name=name,
        kind=kind,
        says=says,
        labels=MappingProxyType(labels),
        buckets=buckets,
        told_by=told_by,
    )


_QUEUES = "high, standard, detail"
_CODES = "codes of errors"

#: Name -> metric, in the order of the documentation.
CATALOGUE: Mapping[str, Metric] = _all(
    _metric(
        "api",
        "counter",
        "studio_requests_total",
        "Requests that were answered, without probes and scrapes; status 499 if the caller hung "
        "up before the answer.",
        method="methods of the API, other",
        route="templates of addresses, other",
        status="HTTP statuses",
    ),
    _metric(
        "api",
        "histogram",
        "studio_request_duration_seconds",
        "Seconds from the head of a request to the end of its answer.",
        buckets=REQUEST_S,
        route="templates of addresses, other",
    ),
    _metric(
        "api",
        "gauge",
        "studio_requests_in_progress",
        "Requests that are being answered.",
    ),
    _metric(
        "api",
        "counter",
        "studio_rejected_total",
        "Requests that were refused at the door or by a bound.",
        reason=f"{_CODES}, connections_full",
    ),
    _metric(
        "api",
        "gauge",
        "studio_jobs",
        "Jobs of all tenants in the store; the same from each process, so never sum over "
        "instances. Waiting ones could be begun at once; those that follow another are left out.",
        queue=_QUEUES,
        state="waiting, running, retrying, dead",
    ),
    _metric(
        "api",
        "gauge",
        "studio_queue_oldest_seconds",
        "Age of the oldest job that waits for a worker, since it was accepted or due.",
        queue=_QUEUES,
    ),
    _metric(
        "api",
        "gauge",
        "studio_deliveries",
        "Callbacks in the store that are owed, or were given up after a day.",
        state="owed, given_up",
    ),
    _metric(
        "api",
        "gauge",
        "studio_store_reachable",
        "Whether the store answered within a second; while it is 0, the gauges read from it are "
        "absent.",
    ),
    _metric(
        "api",
        "counter",
        "studio_cache_requests_total",
        "Questions to the cache of results.",
        outcome="hit, miss, error",
    ),
    _metric(
        "api",
        "counter",
        "studio_feedback_total",
        "What people said about verdicts.",
        agreement="agrees, differs, undecided",
    ),
    _metric(
        "api",
        "gauge",
        "studio_master_key_age_seconds",
        "Seconds since the newest master key was first used; absent without one.",
    ),
    _metric(
        "api",
        "gauge",
        "studio_key_expiry_seconds",
        "Seconds until the next API key expires that was used in the last seven days, below 0 for "
        "one that has expired; absent if none does.",
    ),
    _metric(
        "both",
        "gauge",
        "studio_breakers_open",
        "Others that are left alone for a while, since they failed again and again.",
        kind="picture_host, callback_host, cache",
    ),
    _metric(
        "both",
        "gauge",
        "studio_build_info",
        "Always 1; its labels say what runs.",
        version="of the program",
        model="identity of the default variant's",
        pipeline="pipeline version of the default variant",
    ),
    _metric(
        "worker",
        "histogram",
        "studio_queue_wait_seconds",
        "Seconds that a job waited for a worker, since it was accepted or due.",
        buckets=LONG_S,
        queue=_QUEUES,
    ),
    _metric(
        "worker",
        "histogram",
        "studio_job_duration_seconds",
        "Seconds from taking a job until the store was told its end.",
        buckets=LONG_S,
        queue=_QUEUES,
    ),
    _metric(
        "worker",
        "counter",
        "studio_jobs_ended_total",
        "Tries of jobs by how they ended.",
        queue=_QUEUES,
        outcome="analysed, near_duplicate, cached (was there by then), failed (dead), retried, "
        "handed_on (to detail), settled (follows another), lost (its lease), given_back (a part "
        "was away)",
    ),
    _metric(
        "both",
        "counter",
        "studio_errors_total",
        "Errors that requests were answered with, and that jobs died of.",
        code=f"{_CODES}, other",
    ),
    _metric(
        "worker",
        "histogram",
        "studio_stage_duration_seconds",
        "Seconds that a stage took of a photo; planes are a part of the stages that asked for "
        "them first, the reduction to 512 px is a part of decode.",
        buckets=SHORT_S,
        stage="fetch, decode, planes, lighting, network, detail, store, report",
    ),
    _metric(
        "worker",
        "counter",
        "studio_webhook_attempts_total",
        "Tries of callbacks.",
        outcome="delivered, refused (may not be asked), failed, gone (410), put_off (left alone)",
    ),
    _metric(
        "worker",
        "counter",
        "studio_verdicts_total",
        "Verdicts on photos that were analysed, shadows left out.",
        label="studio, natural, uncertain",
        model="identities of the variants' models, other",
    ),
    _metric(
        "worker",
        "counter",
        "studio_detail_total",
        "The same verdicts with phase 3 (doubt, asked) and without (sure, lighting_only).",
        reason="doubt, asked, sure, lighting_only",
    ),
    _metric(
        "worker",
        "histogram",
        "studio_confidence",
        "P(studio) of the same verdicts.",
        buckets=TENTHS,
    ),
    _metric(
        "worker",
        "gauge",
        "studio_measurement_drift",
        "Population stability index of a measurement against the training photographs.",
        measurement="names of measurements",
    ),
    _metric(
        "worker",
        "gauge",
        "studio_confidence_drift",
        "Population stability index of P(studio) against the training photographs.",
    ),
    _metric(
        "worker",
        "gauge",
        "studio_drift_window_photos",
        "Photos that drift is computed from; below 500 it is absent.",
    ),
    _metric(
        "both",
        "gauge",
        "studio_children",
        "Processes that analyse.",
        state="busy, idle, kept (free, for urgent work alone)",
    ),
    _metric(
        "both",
        "counter",
        "studio_children_ended_total",
        "Processes that met pictures and ended.",
        reason="recycled, killed_time, killed_memory, crashed, closed",
    ),
)
