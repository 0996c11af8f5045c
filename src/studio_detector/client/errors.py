"""What a service says when it does not do what was asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from studio_detector.errors import CODES, ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.client.answers import Job

_TOO_MANY = 429
_NOT_FOUND = 404
_SERVER_ERRORS = 500
_LONGEST_EXCERPT = 200


class RemoteError(ServiceError):
    """A service refused, failed, or could not be reached.

    Args:
        message: What happened and the next step, mostly in the words of the service.
        code: A key of `studio_detector.errors.CODES`.
        status: HTTP status of the answer; None if there was none.
        problem: The problem document (RFC 9457) of the answer; None if there was none. Its
            ``code`` is the one the service gave, even where this version does not know it.
        retry_after_s: Seconds after which asking again makes sense; None if nobody said.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        problem: Mapping[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.problem = problem
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle whole."""
        more = (self.status, self.problem, self.retry_after_s)
        return (_rebuild, (type(self), self.message, self.code, *more))


class JobPendingError(RemoteError):
    """The result was not there in the time one wanted to wait; the job goes on.

    Attributes:
        job: The job as last seen.
    """

    def __init__(self, job: Job, waited_s: float) -> None:
        super().__init__(
            f"the job {job.id} is {job.state} after {waited_s:g} s; it goes on: ask for it later",
            code="service_unreachable",
        )
        self.job = job
        self.waited_s = waited_s

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle whole."""
        return (type(self), (self.job, self.waited_s))


def unreachable(origin: str, reason: str) -> RemoteError:
    """The error for a service that gave no answer.

    Args:
        origin: Its address, without credentials.
        reason: Why, in a few words.
    """
    return RemoteError(
        f"the service at {origin} cannot be reached ({reason}); check the address, and that it "
        f"runs: curl {origin}/livez",
        code="service_unreachable",
    )


def refusal(status: int, body: bytes, retry_after_s: float | None) -> RemoteError:
    """The error for an answer that is no success.

    Args:
        status: HTTP status.
        body: The answer, a problem document or anything else.
        retry_after_s: From the header ``Retry-After``.
    """
    problem = _problem(body)
    given = None if problem is None else problem.get("code")
    code = given if isinstance(given, str) and given in CODES else _code_of(status)
    return RemoteError(
        _message(status, body, problem),
        code=code,
        status=status,
        problem=problem,
        retry_after_s=retry_after_s,
    )


def misunderstood(what: str) -> RemoteError:
    """The error for an answer that is not what it should be."""
    return RemoteError(
        f"the answer {what}; check that base_url is that of a studio-detector service, and that "
        "client and service are of about the same version",
        code="service_unreachable",
    )


def _rebuild(
    kind: type[RemoteError],
    message: str,
    code: str,
    status: int | None,
    problem: Mapping[str, Any] | None,
    retry_after_s: float | None,
) -> RemoteError:
    return kind(message, code=code, status=status, problem=problem, retry_after_s=retry_after_s)


def _problem(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _code_of(status: int) -> str:
    if status == _TOO_MANY:
        return "backlog_full"
    if status == _NOT_FOUND:
        return "route_unknown"
    return "service_unreachable" if status >= _SERVER_ERRORS else "request_invalid"


def _message(status: int, body: bytes, problem: Mapping[str, Any] | None) -> str:
    for key in ("detail", "title"):
        text = None if problem is None else problem.get(key)
        if isinstance(text, str) and text:
            return text
    excerpt = body[:_LONGEST_EXCERPT].decode("utf-8", "replace").strip()
    return f"the service answered with HTTP {status}" + (f": {excerpt}" if excerpt else "")
