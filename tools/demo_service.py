"""Start the embedded service from nothing, post ten photos, print the results, stop it.

Usage: demo_service.py [PHOTO...]

Without photos, ten of the labelled set are taken (STUDIO_PHOTOS), else samples that
scikit-image ships.
"""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from demo import samples_folder

from studio_detector.client import Client

_PHOTOS = 10
_START_S = 60.0
_STOP_S = 30.0
_ADDRESS = re.compile(rb"serves at (http://\S+)")


def photos(arguments: list[str]) -> list[Path]:
    """The photos to post: those named, some of the labelled set, or samples."""
    if arguments:
        return [Path(argument) for argument in arguments]
    given = os.environ.get("STUDIO_PHOTOS")
    if given:
        with (Path(given) / "labels.csv").open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["label"] != "uncertain"]
        return [Path(given) / row["file"] for row in rows[:: len(rows) // _PHOTOS][:_PHOTOS]]
    return sorted(samples_folder().glob("*.png"))[:_PHOTOS]


def main(arguments: list[str]) -> int:
    """Serve, post, print, stop."""
    with tempfile.TemporaryDirectory(prefix="studio-demo-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "studio_detector", "serve", "--port", "0"]
        command += ["--data-dir", str(folder / "data"), "--log-level", "warning"]
        server = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            address = _address(server)
            print(f"the service is at {address}, its data in {folder / 'data'}")
            with Client(address) as client:
                for photo in photos(arguments):
                    result = client.analyse(photo, wait_s=_START_S)
                    word = "studio" if result.is_studio else "natural"
                    verdict = f"P(studio) {result.confidence:.3f}  {result.label}"
                    print(f"{photo.name:<24} {word:<8} {verdict}")
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(_STOP_S)
        print(f"the service has stopped with status {status}")
        return status


def _address(server: subprocess.Popen[bytes]) -> str:
    """What it says on standard error once it serves."""
    said = b""
    for line in server.stderr or ():
        said += line
        found = _ADDRESS.search(line)
        if found:
            return found[1].decode()
    raise RuntimeError(f"the service did not start: {said.decode(errors='replace')}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
