"""A disk for pictures that fills up."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
from typing import TYPE_CHECKING

from tools.faults import pictures
from tools.faults.play import Scenario, SkippedError
from tools.faults.service import MODES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from tools.faults.pictures import Picture
    from tools.faults.stage import Stage

_PAGE_BYTES = 4096
_CONNECTIONS = 8
#: What SQLite takes for its log before it holds much.
_DATABASE_BYTES = 2 << 20


async def fill_pictures(stage: Stage) -> str:
    """The disk of the pictures alone."""
    return await _fill(stage, "pictures", {(507, "storage_full")})


async def fill_everything(stage: Stage) -> str:
    """The disk of pictures and database; whichever notices first refuses."""
    return await _fill(stage, "", {(507, "storage_full"), (503, "store_unavailable")})


async def _fill(stage: Stage, name: str, refusals: Collection[tuple[int, str]]) -> str:
    """Let half of the pictures fit, see the others refused, make room, post those again."""
    if os.geteuid() != 0:
        raise SkippedError("needs root to mount a small file system")
    posted = pictures.good(stage.jobs, stage.seed, copies_every=0)
    bytes_in_all = sum(_on_disk(picture) for picture in posted)
    # Or there would be room again as fast as pictures are analysed.
    stage.prepare(settings={"keep_pictures_s": 86_400.0})
    folder = stage.service.data / name
    folder.mkdir(parents=True)
    _mount(stage, folder, bytes_in_all // 2 if name else bytes_in_all // 3 + _DATABASE_BYTES)
    await stage.start_apis()
    if stage.is_scaled:
        await stage.start_workers(2)
    keys = {picture.image_hash: secrets.token_hex(16) for picture in posted}
    refused = await _post_once(stage, posted, keys, refusals)
    if name:
        await stage.settled()
    _mount(stage, folder, 4 * bytes_in_all + 20 * _DATABASE_BYTES, "remount")
    if not 0 < len(refused) < stage.jobs:
        raise AssertionError(f"{len(refused)} of {stage.jobs} were refused, some should be")
    for picture in refused:
        await stage.poster.post(picture, stage.service.addresses[0], key=keys[picture.image_hash])
    return f"{len(refused)} posts refused while it was full, accepted after room was made"


async def _post_once(
    stage: Stage,
    posted: Sequence[Picture],
    keys: dict[str, str],
    refusals: Collection[tuple[int, str]],
) -> list[Picture]:
    """Post each once; returns what was refused for want of room."""
    stage.begin([])
    refused = []
    rest = iter(posted)

    async def take() -> None:
        for picture in rest:
            status, answer = await stage.poster.once(
                picture, stage.service.addresses[0], keys[picture.image_hash]
            )
            if (status, answer.get("code")) in refusals:
                refused.append(picture)
            elif status in {200, 202}:
                stage.poster.note(picture, answer)
            else:
                stage.poster.problems.append(f"a post ended with {status} {answer}")

    await asyncio.gather(*(take() for _ in range(_CONNECTIONS)))
    return refused


def _on_disk(picture: Picture) -> int:
    return -(-len(picture.data) // _PAGE_BYTES) * _PAGE_BYTES


def _mount(stage: Stage, folder: Path, size_bytes: int, *options: str) -> None:
    told = ",".join([*options, f"size={size_bytes}", "mode=700"])
    command = ["/usr/bin/mount", "-t", "tmpfs", "-o", told, "studio-faults", str(folder)]
    if not options:
        stage.fleet.crew.mounted(folder)
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SkippedError(f"a small file system cannot be mounted: {error}") from error


SCENARIOS = (
    Scenario(
        name="disk-full",
        title="The disk for pictures full, then not",
        modes=MODES,
        play=fill_pictures,
    ),
    Scenario(
        name="disk-full-whole",
        title="The disk for pictures and database full, then not",
        modes=("embedded",),
        play=fill_everything,
    ),
)
