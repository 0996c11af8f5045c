"""The ways in which an address is not fetched, each as the error that says so."""

from __future__ import annotations

from studio_detector.errors import FetchError


class HostFaultError(FetchError):
    """A failure that counts against the host: it is away, broken or too slow."""


def refused(message: str) -> FetchError:
    """An address that may not be fetched, now or later."""
    return FetchError(message, code="fetch_refused")


def failed(message: str) -> FetchError:
    """The host gave no picture, and will not when asked again."""
    return FetchError(message, code="fetch_failed")


def away(message: str, *, retry_after_s: float | None = None) -> HostFaultError:
    """The host cannot be reached or is broken; later it may not be."""
    return HostFaultError(
        message, code="fetch_failed", is_passing=True, retry_after_s=retry_after_s
    )


def too_slow(message: str) -> HostFaultError:
    """The host took longer than allowed; later it may not."""
    return HostFaultError(message, code="fetch_timeout", is_passing=True)


def not_now(message: str, *, retry_after_s: float | None = None) -> FetchError:
    """Not the host's fault, or one it told us about; later it may work."""
    return FetchError(message, code="fetch_failed", is_passing=True, retry_after_s=retry_after_s)


def left_alone(message: str, *, retry_after_s: float) -> FetchError:
    """The host failed so often that it was not asked; later it will be."""
    return FetchError(
        message,
        code="fetch_failed",
        is_passing=True,
        retry_after_s=retry_after_s,
        was_asked=False,
    )
