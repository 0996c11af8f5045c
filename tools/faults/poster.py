"""The client of a run: posts until it has an answer, and writes down what was promised."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx2

from tools.faults.audit import Accepted
from tools.faults.truth import plain_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from typing import Self

    from tools.faults.pictures import Picture

_TIMEOUT_S = 30.0
_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0
#: Answers that ask for another try.
_NOT_NOW = frozenset({429, 502, 503, 504, 507})
_ACCEPTED = frozenset({200, 201, 202})


async def _open() -> None:
    """No gate."""


class Poster:
    """Posts pictures.

    A request without an answer is repeated with the same ``Idempotency-Key``, as a careful
    client does, since it may have been accepted.

    Args:
        addresses: Of the processes that serve; pictures go to them in turn.
        patience_s: How long one picture is tried.
    """

    def __init__(self, addresses: Sequence[str], patience_s: float = 180.0) -> None:
        self._addresses = addresses
        self._patience_s = patience_s
        self._client = httpx2.AsyncClient(timeout=_TIMEOUT_S, trust_env=False)
        self.accepted: list[Accepted] = []
        #: What was refused or broke off, and then tried again: status or kind of break -> times.
        self.refused: Counter[str] = Counter()
        #: Broken files that were not even taken: status and code -> times.
        self.turned_away: Counter[str] = Counter()
        #: What no careful client can do anything about.
        self.problems: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def post_all(
        self,
        pictures: Iterable[Picture],
        *,
        connections: int = 8,
        query: str = "",
        gate: Callable[[], Awaitable[None]] = _open,
    ) -> None:
        """Post them all.

        Args:
            pictures: In this order.
            connections: So many at once.
            query: Of each address, with its question mark.
            gate: Awaited before each.
        """
        rest = iter(enumerate(pictures))

        async def take() -> None:
            for number, picture in rest:
                await gate()
                await self.post(picture, self._addresses[number % len(self._addresses)], query)

        await asyncio.gather(*(take() for _ in range(connections)))

    async def post(
        self, picture: Picture, address: str, query: str = "", key: str | None = None
    ) -> None:
        """Post one until it is accepted, or can never be."""
        key = key or secrets.token_hex(16)
        until = time.monotonic() + self._patience_s
        while True:
            status, answer = await self.once(picture, address, key, query)
            if status in _ACCEPTED:
                self.note(picture, answer)
                return
            why = f"{status} {_code(answer)}".strip() if status else str(answer)
            if picture.is_broken and 400 <= status < 500 and status not in _NOT_NOW:
                self.turned_away[why] += 1
                return
            if status not in _NOT_NOW | {0} or time.monotonic() > until:
                self.problems.append(f"a post ended with {why}")
                return
            self.refused[why] += 1
            await asyncio.sleep(_pause_s(answer))

    async def once(
        self, picture: Picture, address: str, key: str, query: str = ""
    ) -> tuple[int, Any]:
        """Post once.

        Returns:
            Status and JSON of the answer; 0 and the kind of break if there is none.
        """
        url = f"{address}/api/v1/analyse{query}"
        headers = {"Idempotency-Key": key}
        try:
            if picture.callback_url is None:
                headers["Content-Type"] = "application/octet-stream"
                answer = await self._client.post(url, content=picture.data, headers=headers)
            else:
                form = {"callback_url": picture.callback_url}
                files = {"file": ("picture", picture.data, "application/octet-stream")}
                answer = await self._client.post(url, data=form, files=files, headers=headers)
            return answer.status_code, answer.json()
        except httpx2.HTTPError as error:
            return 0, type(error).__name__
        except ValueError:
            return answer.status_code, {"code": "no JSON"}

    async def get(self, address: str, target: str) -> tuple[int, Any]:
        """Ask for something."""
        answer = await self._client.get(f"{address}{target}")
        return answer.status_code, answer.json()

    def note(self, picture: Picture, answer: Any) -> None:  # noqa: ANN401 - JSON
        """Write down that a picture was accepted."""
        self.accepted.append(
            Accepted(
                job_id=plain_id(answer.get("job_id") or answer.get("id")),
                image_hash=picture.image_hash,
                codes=picture.codes,
                may_be_done=picture.is_broken,
            )
        )


def _code(answer: Any) -> str:  # noqa: ANN401 - JSON
    return str(answer.get("code", "")) if isinstance(answer, dict) else ""


def _pause_s(answer: Any) -> float:  # noqa: ANN401 - JSON
    asked = answer.get("retry_after_s") if isinstance(answer, dict) else None
    return min(_LONGEST_PAUSE_S, float(asked)) if asked else _PAUSE_S
