"""Which names the service may be asked under, and which pages may ask it.

Whoever can make a browser open a page can make it ask every address that the browser reaches,
this machine's own among them. Two things tell such requests from others, and neither can be
changed by a page: the name in Host, which is the page's own where it lets that name lead here
(DNS rebinding), and the headers Sec-Fetch-Site and Origin.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio_detector.errors import AccessError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.service.api.callers import Caller
    from studio_detector.service.settings import ServiceSettings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ANY = "*"
_OF_THIS_MACHINE = frozenset({"localhost"})


class Origins:
    """Judges requests by the name they ask for and the page that makes them.

    Args:
        settings: ``allowed_hosts``, ``cors_origins``, and whether anybody is asked for a key.

    Raises:
        ConfigError: ``config_invalid_value``.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._hosts = frozenset(host.strip().lower() for host in settings.allowed_hosts)
        self._only_here = settings.is_open and not self._hosts
        self._origins = frozenset(map(_checked, settings.cors_origins))
        if _ANY in self._origins and settings.is_open:
            raise ConfigError(
                "cors_origins is * and nobody is asked for a key, so every page that anybody opens "
                "on this machine could use the service; name the origins",
                code="config_invalid_value",
            )

    def check(self, method: str, caller: Caller, headers: Mapping[bytes, bytes]) -> None:
        """Refuse what a page asks that may not, or asks for a name that is not ours.

        Args:
            method: Of the request.
            caller: Names the host.
            headers: Of the request, names in lower case.

        Raises:
            AccessError: ``origin_refused``.
        """
        host = caller.host
        if host is None:
            raise _refused("the request names no host, or more than one (header Host)")
        if not self._is_ours(host):
            raise _refused(
                f"the service is not asked as {host[:100]!r}; use a name of it, or add this one to "
                "allowed_hosts"
            )
        origin = headers.get(b"origin")
        if origin is not None and (
            _ANY in self._origins or origin.decode("latin-1").lower() in self._origins
        ):
            return
        site = headers.get(b"sec-fetch-site")
        if site is None:
            is_foreign = origin is not None and _place(origin) != host.lower()
        else:
            is_foreign = site not in {b"same-origin", b"none"}
        if not is_foreign:
            return
        # A link may lead here; all else that needs no permission of ours to be sent may not.
        if method in _SAFE and headers.get(b"sec-fetch-mode", b"navigate") == b"navigate":
            return
        raise _refused(
            "a page of another host makes this request; add its origin to cors_origins if it may"
        )

    def _is_ours(self, host: str) -> bool:
        name = _name(host)
        if self._only_here:
            return _is_of_this_machine(name)
        if not self._hosts or _ANY in self._hosts or name in self._hosts:
            return True
        return any(f"*.{parent}" in self._hosts for parent in _parents(name))


def _checked(origin: str) -> str:
    origin = origin.strip().lower()
    if origin == _ANY:
        return origin
    try:
        parts = urlsplit(origin)
        is_origin = origin in {f"http://{parts.netloc}", f"https://{parts.netloc}"}
    except ValueError:  # half a bracket
        is_origin = False
    if not is_origin:
        raise ConfigError(
            f"cors_origins has {origin!r}, which is no origin; write it like https://example.com, "
            "without a path",
            code="config_invalid_value",
        )
    return origin


def _place(origin: bytes) -> str:
    """Host and port of an origin; "" for ``null`` and what is none."""
    return origin.decode("latin-1").lower().partition("://")[2]


def _name(host: str) -> str:
    """Without the port, the dot of the root and brackets."""
    name = host.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(1, len(labels))]


def _is_of_this_machine(name: str) -> bool:
    if name in _OF_THIS_MACHINE or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _refused(message: str) -> AccessError:
    return AccessError(message, code="origin_refused")
