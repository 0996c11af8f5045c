"""Puts a picture again and again beside other processes: ``putting_process.py FOLDER START TIMES``.

Prints how often what it got back afterwards was the picture, and deletes it now and then.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from studio_detector.errors import RequestError
from studio_detector.service.blobs import FolderBlobs, blob_key
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store
from studio_detector.service.vault.open import open_vault

PICTURE = b"\xff\xd8\xff" + b"picture" * 1000
KEY = blob_key("default", hashlib.sha256(PICTURE).hexdigest())


def main(folder, start, times):
    """Put, get, delete."""
    place = Path(folder)
    store = open_store(f"sqlite:///{place}/studio.db")
    blobs = open_vault(ServiceSettings(), place, FolderBlobs(place / "pictures"), store)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not Path(start).exists():
        time.sleep(0.001)
    whole = gone = 0
    for number in range(int(times)):
        blobs.put(KEY, PICTURE)
        try:
            whole += blobs.get(KEY) == PICTURE
        except RequestError as error:
            assert error.code == "picture_gone", error  # noqa: PT017 - no test
            gone += 1
        if number % 3 == 2:
            blobs.delete(KEY)
    sys.stdout.write(f"{whole} {gone}\n")
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
