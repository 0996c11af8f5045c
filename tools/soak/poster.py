"""Posts every picture until it has an end, in the three ways there are, and counts the ends."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from tools.soak.pictures import Posted

_API = "/api/v1"
_TIMEOUT_S = 120.0
_WAIT_S = 30
#: How long one picture may take until its end, being told to come again included.
_PATIENCE_S = 120.0
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
#: Answers by which a service asks for another try; every other one from 500 on is a failure.
_NOT_NOW = frozenset({429, 503, 507})
_OVER = frozenset({"done", "dead"})
#: Of the results, one in so many is looked at whole: its page, and every overlay.
_LOOKED_AT = 25
_TOLD_EVERY = 500


class Poster:
    """Posts pictures and counts what became of them.

    Args:
        address: Of the service.
        word: What no answer may hold, since it is the canary's.
    """

    def __init__(self, address: str, word: str) -> None:
        self._http = httpx2.AsyncClient(base_url=address, timeout=_TIMEOUT_S, trust_env=False)
        self._word = word.encode()
        #: Status of the first answer that was no request to come again -> times.
        self.statuses: Counter[str] = Counter()
        #: "done", or the code with which a picture was refused or its job is dead -> times.
        self.ends: Counter[str] = Counter()
        #: Kind of picture -> how many were posted.
        self.kinds: Counter[str] = Counter()
        #: Status and code of answers that asked for another try -> times.
        self.again: Counter[str] = Counter()
        #: Answers that are failures of the service.
        self.failures = 0
        #: Pages and overlays that were looked at.
        self.looked_at = 0
        self.problems: list[str] = []
        self._jobs: set[str] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def post_all(self, pictures: Iterable[Posted], connections: int) -> None:
        """Post them all, so many at once."""
        rest = iter(enumerate(pictures))

        async def take() -> None:
            for number, picture in rest:
                self.kinds[picture.kind] += 1
                if number % _TOLD_EVERY == 0:
                    print(
                        f"{number} posted, {self.ends.total()} ended", file=sys.stderr, flush=True
                    )
                try:
                    await self._post(number, picture)
                except httpx2.HTTPError as error:
                    self.problems.append(f"picture {number}: {type(error).__name__}: {error}")

        await asyncio.gather(*(take() for _ in range(connections)))

    async def verdict(self, data: bytes) -> tuple[Any, ...]:
        """What the service says of a picture."""
        answer = await self._http.post(
            f"{_API}/analyse", content=data, headers=_OCTETS, params={"wait": _WAIT_S}
        )
        said = answer.json()
        return answer.status_code, said.get("label"), said.get("confidence"), said.get("code")

    async def unfinished(self) -> int:
        """Jobs that are not over."""
        pages = [
            await self._http.get(f"{_API}/jobs", params={"state": state, "limit": 500})
            for state in ("queued", "running")
        ]
        return sum(len(page.json()["items"]) for page in pages)

    async def _post(self, number: int, picture: Posted) -> None:
        """Post one: waiting for the result, in a form, or first the job and then its end."""
        way = number % 3
        params = {} if way == 2 else {"wait": _WAIT_S}
        parts: dict[str, Any] = (
            {"files": {"file": ("picture", picture.data, "application/octet-stream")}}
            if way == 1
            else {"content": picture.data, "headers": _OCTETS}
        )
        answer = await self._asked("POST", f"{_API}/analyse", params=params, **parts)
        if answer is None:
            return
        self.statuses[str(answer.status_code)] += 1
        said = answer.json()
        if answer.status_code == 200:
            await self._ended("done", said["id"])
        elif answer.status_code == 202:
            await self._followed(said["id"])
        else:
            # Refused at once, or its job is dead.
            await self._ended(str(said.get("code")), None)

    async def _followed(self, job_id: str) -> None:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            answer = await self._asked("GET", f"{_API}/jobs/{job_id}", params={"wait": _WAIT_S})
            if answer is None:
                return
            job = answer.json()
            if job["state"] in _OVER:
                is_done = job["state"] == "done"
                code = "done" if is_done else str((job["error"] or {}).get("code"))
                await self._ended(code, job["result_id"] if is_done else None)
                return
        self.problems.append(f"the job {job_id} came to no end")

    async def _ended(self, end: str, result_id: str | None) -> None:
        self.ends[end] += 1
        if end in {"None", "internal", "analysis_failed", "attempts_exhausted"}:
            self.problems.append(f"a picture ended as {end}")
        if result_id is not None and self.ends["done"] % _LOOKED_AT == 1:
            await self._look_at(result_id)

    async def _look_at(self, result_id: str) -> None:
        """Have everything drawn that can be: those who draw meet the bytes, too."""
        base = f"{_API}/results/{result_id}"
        names = await self._asked("GET", f"{base}/overlays")
        listed = names.json().get("items", ()) if names is not None else ()
        targets = [f"{base}/report", *(f"{base}/overlays/{item['name']}.png" for item in listed)]
        for target in targets:
            answer = await self._asked("GET", target)
            if answer is None:
                continue
            self.looked_at += answer.status_code == 200
            kind = answer.headers.get("content-type", "")
            is_drawn = answer.content.startswith((b"\x89PNG\r\n\x1a\n", b"<!doctype html>"))
            if not (is_drawn or kind.startswith("application/problem+json")):
                self.problems.append(f"{target} answered something that nobody drew: {kind}")

    async def _asked(self, method: str, target: str, **parts: Any) -> httpx2.Response | None:  # noqa: ANN401 - httpx2's
        """Ask until there is an answer that is not "come again"; None if there never is."""
        until, why = time.monotonic() + _PATIENCE_S, ""
        while time.monotonic() < until:
            answer = await self._http.request(method, target, **parts)
            if self._word in answer.content:
                self.problems.append(f"{target} answered with what is in the planted file")
            if answer.status_code not in _NOT_NOW:
                if answer.status_code >= 500:
                    self.failures += 1
                    self.problems.append(f"{target} answered {answer.status_code}: {answer.text}")
                return answer
            self.again[why := f"{answer.status_code} {_code(answer)}"] += 1
            asked_s = float(answer.headers.get("retry-after", _PAUSE_S))
            await asyncio.sleep(min(asked_s, _LONGEST_PAUSE_S))
        self.problems.append(f"{target} was refused for {_PATIENCE_S:g} s by {why}")
        return None


def _code(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "without a code"


_OCTETS = {"Content-Type": "application/octet-stream"}
