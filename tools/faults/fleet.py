"""The servers of a run, each started when something first needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tools.faults.servers import Postgres, RabbitMq, Redis

if TYPE_CHECKING:
    from tools.faults.processes import Crew
    from tools.faults.servers import Server

_S = TypeVar("_S", bound="Server")


class Fleet:
    """PostgreSQL, Redis and RabbitMQ, at most one of each.

    Args:
        crew: Whose processes they are.
    """

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self._servers: dict[type[Server], Server] = {}

    @property
    def redis(self) -> Redis:
        """Redis, up."""
        return self._up(Redis)

    @property
    def postgres(self) -> Postgres:
        """PostgreSQL, up."""
        return self._up(Postgres)

    @property
    def rabbitmq(self) -> RabbitMq:
        """RabbitMQ, up."""
        return self._up(RabbitMq)

    def _up(self, kind: type[_S]) -> _S:
        server = self._servers.get(kind)
        if not isinstance(server, kind):
            server = kind(self.crew)
            self._servers[kind] = server
        if not server.runs:
            server.start()
        return server
