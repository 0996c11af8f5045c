"""How many photos a second, and how long one takes."""

from __future__ import annotations

import asyncio
import io
import itertools
import math
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from benchmarks.service.http import Connection, connections_to, post_photo
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.pipeline.settings import Settings
from studio_detector.sources.photo import Photo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# As often as our client asks at first.
_POLL_S = 0.2
_ARCHIVES = 6
_WAIT = "?wait=60"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from the request to its result, and the share of them spent in analysis."""

    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    analysis_share: float

    @classmethod
    def of(cls, taken: Sequence[tuple[float, float]]) -> Latency:
        """Of (milliseconds, milliseconds of them in decoding and analysis)."""
        cuts = quantiles([total for total, _ in taken], n=100, method="inclusive")
        return cls(
            requests=len(taken),
            p50_ms=round(cuts[49], 1),
            p95_ms=round(cuts[94], 1),
            p99_ms=round(cuts[98], 1),
            analysis_share=round(median(inner / total for total, inner in taken), 3),
        )


def unlike(photos: Sequence[bytes]) -> Iterator[bytes]:
    """Pictures of which no two have the same bytes: a number follows the end of the file."""
    for number, photo in enumerate(itertools.cycle(photos)):
        yield photo + f"#{number:06d}".encode()


def batch_rate(photos: Sequence[bytes], workers: int) -> float:
    """Photos per second of the pool behind ``studio-detector batch``, once its workers run."""
    with WorkerPool(Settings(), PoolOptions(workers=workers)) as pool:
        warm = [Photo(source=io.BytesIO(data), path="warm") for data in photos[: 8 * workers]]
        for _ in pool.run(warm):
            pass
        started = time.perf_counter()
        given = (Photo(source=io.BytesIO(data), path=str(at)) for at, data in enumerate(photos))
        rows = sum(1 for _ in pool.run(given))
        return rows / (time.perf_counter() - started)


def command_rate(photos: Sequence[bytes], workers: int) -> float:
    """Photos per second of ``studio-detector batch`` itself, once it runs.

    It reads a folder, looks for look-alikes, and writes rows. What it takes with
    the first photo for each worker alone, nearly all of it its start, is left out.
    """
    start_s = _command_seconds(photos[:workers], workers)
    return (len(photos) - workers) / (_command_seconds(photos, workers) - start_s)


def _command_seconds(photos: Sequence[bytes], workers: int) -> float:
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as name:
        folder = Path(name) / "photos"
        folder.mkdir()
        for at, data in enumerate(photos):
            (folder / f"{at:06d}.jpg").write_bytes(data)
        command = (sys.executable, "-m", "studio_detector", "batch", str(folder), "--quiet")
        options = ("--workers", str(workers), "--near-duplicates", "--output")
        started = time.perf_counter()
        subprocess.run((*command, *options, str(Path(name) / "rows.jsonl")), check=True)
        return time.perf_counter() - started


async def single_rate(address: str, photos: Sequence[bytes], connections: int) -> float:
    """Photos per second when each is a request that waits for its result."""
    queue = iter(photos)

    async def take(connection: Connection) -> None:
        for data in queue:
            status, answer = await post_photo(connection, data, _WAIT)
            if status != 200:
                raise RuntimeError(f"{status}: {answer}")

    async with connections_to(address, connections) as opened:
        started = time.perf_counter()
        await asyncio.gather(*(take(connection) for connection in opened))
        return len(photos) / (time.perf_counter() - started)


async def archive_rate(address: str, photos: Sequence[bytes], archives: int = 1) -> float:
    """Photos per second when all come in tars, from the first byte sent to the last result.

    The next archive is sent as soon as one is accepted. The last result is there when the
    service says so, and not when it is next asked.
    """
    each = math.ceil(len(photos) / archives)
    packed = [_packed(photos[at : at + each]) for at in range(0, len(photos), each)]
    done = 0
    ended = datetime.min.replace(tzinfo=UTC)
    async with Connection(address) as connection:
        started = datetime.now(UTC)
        names = [await _post_archive(connection, archive) for archive in packed]
        for name in names:
            batch = await _batch(connection, name)
            while batch["finished_at"] is None:
                await asyncio.sleep(_POLL_S)
                batch = await _batch(connection, name)
            done += batch["counts"].get("done", 0)
            ended = max(ended, datetime.fromisoformat(batch["finished_at"]))
    if done != len(photos):
        raise RuntimeError(f"{done} of {len(photos)} are done")
    return len(photos) / (ended - started).total_seconds()


async def archives_rate(address: str, photos: Sequence[bytes]) -> float:
    """`archive_rate` of several archives."""
    return await archive_rate(address, photos, _ARCHIVES)


def _packed(photos: Sequence[bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number, data in enumerate(photos):
            member = tarfile.TarInfo(f"{number:06d}.jpg")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


async def _post_archive(connection: Connection, archive: bytes) -> str:
    status, batch = await connection.request(
        "POST", "/api/v1/batches", archive, "Content-Type: application/x-tar\r\n"
    )
    if status != 202:
        raise RuntimeError(f"{status}: {batch}")
    name: str = batch["id"]
    return name


async def _batch(connection: Connection, name: str) -> dict[str, Any]:
    _, batch = await connection.request("GET", f"/api/v1/batches/{name}")
    found: dict[str, Any] = batch
    return found


async def latency(
    address: str, photos: Sequence[bytes], *, every_s: float, priority: str = "standard"
) -> Latency:
    """Latency of requests that come at a steady pace, whether earlier ones are done or not."""
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    taken: list[tuple[float, float]] = []

    async def ask(data: bytes) -> None:
        connection = await idle.get()
        started = time.perf_counter()
        status, answer = await post_photo(connection, data, f"{_WAIT}&priority={priority}")
        total_ms = (time.perf_counter() - started) * 1000
        if status != 200:
            raise RuntimeError(f"{status}: {answer}")
        taken.append((total_ms, answer["processing_time_ms"]))
        idle.put_nowait(connection)

    async with connections_to(address, 32) as opened:
        for connection in opened:
            idle.put_nowait(connection)
        begun = time.perf_counter()
        asked = []
        for number, data in enumerate(photos):
            await asyncio.sleep(max(0.0, begun + number * every_s - time.perf_counter()))
            asked.append(asyncio.create_task(ask(data)))
        await asyncio.gather(*asked)
    return Latency.of(taken)


async def fill(address: str, photos: Sequence[bytes], connections: int = 8) -> None:
    """Leave jobs behind without waiting for them."""
    queue = iter(photos)

    async def take(connection: Connection) -> None:
        for data in queue:
            status, answer = await post_photo(connection, data)
            if status != 202:
                raise RuntimeError(f"{status}: {answer}")

    async with connections_to(address, connections) as opened:
        await asyncio.gather(*(take(connection) for connection in opened))


async def waiting(address: str) -> int:
    """Jobs that wait or run."""
    async with Connection(address) as connection:
        _, answer = await connection.request("GET", "/api/v1/queues")
    return int(answer["backlog"])
