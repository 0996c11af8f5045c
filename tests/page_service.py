"""Services for tests of the page: the command itself, in a process, with all that is real."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field

import cv2

import kept_pictures
import synthetic_scenes
from studio_detector.client import Client

_ADDRESS = re.compile(r"serves at (http://\S+)")
_KEY = re.compile(r"(sk_\S+)")
_SCENES = ("packshot", "low_key", "hard_sun", "overcast_wood", "window_room")
_STOP_S = 30


@dataclass
class Service:
    """A service that runs.

    Attributes:
        process: Of the command.
        address: ``http://127.0.0.1:port``.
        key: The admin's, where it asks for keys.
    """

    process: subprocess.Popen
    address: str
    key: str | None
    _said: list = field(default_factory=list)

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    def client(self):
        """A client with the admin's key."""
        return Client(self.address, api_key=self.key)

    def stop(self):
        """Ask it to stop, as an operator does, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()


def start(folder, *options):
    """Start a service.

    Args:
        folder: Where its data lie.
        options: Of ``studio-detector serve``.
    """
    command = [sys.executable, "-m", "studio_detector", "serve", "--data-dir", str(folder / "data")]
    chosen = [*([] if "--port" in options else ["--port", "0"]), *options]
    process = subprocess.Popen(
        [*command, "--workers", "1", "--log-level", "warning", *chosen],
        stderr=subprocess.PIPE,
        text=True,
    )
    said, key = [], None
    for line in process.stderr:
        said.append(line)
        key = key or next(iter(_KEY.findall(line)), None)
        found = _ADDRESS.search(line)
        if found:
            # What it says later must not fill the pipe.
            threading.Thread(target=said.extend, args=(process.stderr,), daemon=True).start()
            return Service(process, found[1], key, said)
    raise RuntimeError(f"the service did not start: {''.join(said)}")


@contextlib.contextmanager
def running(folder, *options):
    """A service, until the block is left."""
    service = start(folder, *options)
    try:
        yield service
    finally:
        service.stop()


@contextlib.contextmanager
def starting(folder):
    """Gives what starts services; all are stopped when the block is left."""
    with contextlib.ExitStack() as stack:
        yield lambda *options: stack.enter_context(running(folder, *options))


def key_command(folder, *arguments):
    """What ``studio-detector keys`` prints, of a service that was started in a folder."""
    command = [sys.executable, "-m", "studio_detector", "keys", *arguments]
    done = subprocess.run(
        [*command, "--data-dir", str(folder / "data")], capture_output=True, text=True, check=True
    )
    return done.stdout


def new_key(folder, role="analyst"):
    """A key that somebody is given: its "id" and the "key" itself."""
    return json.loads(key_command(folder, "create", "--role", role, "--format", "json"))


def photo(name, seed=0):
    """A scene as JPEG, a little different for each seed."""
    rgb = synthetic_scenes.sample(name)[:, :, ::-1].copy()
    rgb[seed % 50 + 1, seed % 50 + 1] = (seed % 256, 0, 0)
    return cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def broken_files():
    """Name -> bytes of what is no photo, each broken in its own way."""
    whole = kept_pictures.file(99)
    return {
        "cut short.png": whole[: len(whole) // 2],
        "damaged.png": whole[:60] + bytes(200) + whole[260:],
        "empty.jpg": b"",
        "letter.jpg": b"Dear Sir or Madam,\n",
        "drawing.psd": b"8BPS" + bytes(500),
    }


def mixed_photos(folder, photos=25):
    """Write photos and what is none into a folder; returns the paths."""
    for at in range(photos):
        scene = _SCENES[at % len(_SCENES)]
        (folder / f"{scene} {at:02}.jpg").write_bytes(photo(scene, at))
    for name, data in broken_files().items():
        (folder / name).write_bytes(data)
    return sorted(folder.iterdir())
