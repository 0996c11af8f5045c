"""CPU time that encryption at rest adds to the whole way of a picture: kept, read, deleted.

Usage: python -m benchmarks.vault [DATABASE_URL]
"""

from __future__ import annotations

import hashlib
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.service.blobs import FolderBlobs, blob_key
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store
from studio_detector.service.vault.open import open_vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.blobs import Blobs

# Size of a picture in bytes -> pictures of one round; a median photo of the set has 34 KiB.
_SIZES = {34 << 10: 1000, 2 << 20: 60}
_ROUNDS = 5


def main(url: str | None) -> None:
    """Measure both and print the best round of each."""
    with tempfile.TemporaryDirectory(prefix="studio-bench-vault-") as name:
        folder = Path(name)
        store = open_store(url or f"sqlite:///{folder / 'studio.db'}")
        places = {
            "plain": FolderBlobs(folder / "plain"),
            "encrypted": open_vault(
                ServiceSettings(), folder, FolderBlobs(folder / "encrypted"), store
            ),
        }
        for size, count in _SIZES.items():
            for place, blobs in places.items():
                steps = [_round(blobs, size, count) for _ in range(_ROUNDS)]
                put, get, delete = map(min, zip(*steps, strict=True))
                print(f"{size:>8} B {place:<10} put {put:.3f} get {get:.3f} delete {delete:.3f} ms")
        store.close()


def _round(blobs: Blobs, size: int, count: int) -> tuple[float, float, float]:
    pictures = [secrets.token_bytes(size) for _ in range(count)]
    keys = [blob_key("default", hashlib.sha256(picture).hexdigest()) for picture in pictures]
    put = _cpu_ms(lambda n: blobs.put(keys[n], pictures[n]), count)
    get = _cpu_ms(lambda n: blobs.get(keys[n]), count)
    return put, get, _cpu_ms(lambda n: blobs.delete(keys[n]), count)


def _cpu_ms(act: Callable[[int], object], count: int) -> float:
    start = time.process_time()
    for number in range(count):
        act(number)
    return (time.process_time() - start) / count * 1000


if __name__ == "__main__":
    main(*sys.argv[1:] or [None])
