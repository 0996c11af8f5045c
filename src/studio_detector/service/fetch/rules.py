"""What the settings say about addresses, and whether one keeps to it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError, FetchError
from studio_detector.service.fetch.faults import refused
from studio_detector.service.fetch.guard import Network, parse_networks, why_refused
from studio_detector.service.fetch.hosts import parse_host
from studio_detector.service.fetch.target import Target, parse_redirect, parse_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from studio_detector.service.fetch.guard import IPAddress
    from studio_detector.service.settings import ServiceSettings

_BELOW = "*."


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRules:
    """Which addresses are asked.

    Attributes:
        allows_http: Whether http is, besides https.
        ports: The ports; None for all.
        hosts: The hosts, ``*.example.com`` for all below one; empty for all.
        denied_hosts: Those that are not, written likewise; they win.
        exempt: Networks that are asked though they are not public.
    """

    allows_http: bool
    ports: frozenset[int] | None
    hosts: tuple[str, ...]
    denied_hosts: tuple[str, ...]
    exempt: tuple[Network, ...]

    @classmethod
    def for_pictures(cls, settings: ServiceSettings) -> Self:
        """Rules for addresses that pictures are fetched from.

        Raises:
            ConfigError: ``config_invalid_value`` for a port, host or network that is none.
        """
        return cls._of(settings, "fetch_hosts", settings.fetch_hosts)

    @classmethod
    def for_callbacks(cls, settings: ServiceSettings) -> Self:
        """Rules for addresses that are called back.

        Raises:
            ConfigError: ``config_invalid_value`` for a port, host or network that is none.
        """
        return cls._of(settings, "callback_hosts", settings.callback_hosts)

    @classmethod
    def _of(cls, settings: ServiceSettings, name: str, hosts: Sequence[str]) -> Self:
        return cls(
            allows_http=settings.fetch_http,
            ports=_ports(settings.fetch_ports),
            hosts=tuple(_patterns(name, hosts)),
            denied_hosts=tuple(_patterns("fetch_denied_hosts", settings.fetch_denied_hosts)),
            exempt=parse_networks(settings.fetch_private),
        )

    def check(self, text: str) -> Target:
        """Check an address as far as possible without asking the network.

        Args:
            text: The address.

        Returns:
            Its parts.

        Raises:
            FetchError: ``fetch_refused`` with the reason.
        """
        return self._allowed(parse_target(text))

    def check_redirect(self, base: Target, location: str) -> Target:
        """Check where a redirect leads, as strictly as the first address.

        Args:
            base: The address that redirects.
            location: Where to.

        Returns:
            Its parts.

        Raises:
            FetchError: ``fetch_refused`` with the reason.
        """
        return self._allowed(parse_redirect(base, location))

    def check_resolved(self, host: str, texts: Iterable[str]) -> tuple[IPAddress, ...]:
        """Check what a name resolves to: every address must pass, or none is connected to.

        Args:
            host: The name.
            texts: The addresses the resolver gave.

        Returns:
            The addresses, in order.

        Raises:
            FetchError: ``fetch_refused``. The message does not tell the address, because
                strangers need not learn what names stand for within this network.
        """
        addresses = []
        for text in texts:
            try:
                address = ip_address(text)
            except ValueError:
                raise refused(f"{host} resolves to something that is no address") from None
            kind = why_refused(address, self.exempt)
            if kind is not None:
                raise refused(
                    f"{host} resolves to an address that is {kind}; only public addresses are "
                    "asked, and those of networks in the setting fetch_private"
                )
            addresses.append(address)
        return tuple(addresses)

    def _allowed(self, target: Target) -> Target:
        if target.scheme == "http" and not self.allows_http:
            raise refused(f"{target.origin} is http; only https is asked (setting fetch_http)")
        if self.ports is not None and target.port not in self.ports:
            raise refused(
                f"the port {target.port} is not asked; only "
                f"{', '.join(map(str, sorted(self.ports)))} (setting fetch_ports)"
            )
        if any(_matches(target.host, pattern) for pattern in self.denied_hosts):
            raise refused(f"the host {target.host} is denied (setting fetch_denied_hosts)")
        if self.hosts and not any(_matches(target.host, pattern) for pattern in self.hosts):
            raise refused(f"the host {target.host} is not among those that are asked")
        if target.address is not None:
            kind = why_refused(target.address, self.exempt)
            if kind is not None:
                raise refused(
                    f"{target.host} is {kind}; only public addresses are asked, and those of "
                    "networks in the setting fetch_private"
                )
        return target


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith(_BELOW):
        return host.endswith(pattern[1:])
    return host == pattern


def _ports(texts: Sequence[str]) -> frozenset[int] | None:
    if "*" in texts:
        return None
    ports = set()
    for text in texts:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
            raise ConfigError(
                f"fetch_ports holds {text!r}; write numbers from 1 to 65535, or * for any",
                code="config_invalid_value",
            )
        ports.add(int(text))
    return frozenset(ports)


def _patterns(name: str, texts: Sequence[str]) -> Iterable[str]:
    for text in texts:
        below = _BELOW if text.startswith(_BELOW) else ""
        bare = text[len(below) :]
        try:
            # An IPv6 address may stand here without brackets, since no port follows.
            yield below + str(parse_host(f"[{bare}]" if bare.count(":") > 1 else bare))
        except FetchError as error:
            raise ConfigError(
                f"{name} holds {text!r}: {error.message}; write example.com or *.example.com",
                code="config_invalid_value",
            ) from None
