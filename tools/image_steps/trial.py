"""Running the image as a container would, and asking what it answers."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from studio_detector.client import Client
from studio_detector.errors import StudioDetectorError
from tools.demo import samples_folder
from tools.faults import guardian
from tools.load.meter import pss_mib

if TYPE_CHECKING:
    from tools.image_steps.build import Built

_START_S = 120.0
_STOP_S = 45.0
_ADDRESS = "http://127.0.0.1:8000"
_KEY = re.compile(r"\bsk_\S+")


class Trial:
    """One run of an image.

    Args:
        image: What `build` gave.

    Attributes:
        told: What was found, a line each.
        problems: Those of them that are wrong.
    """

    def __init__(self, image: Built) -> None:
        self.told: list[str] = []
        self.problems: list[str] = []
        self._image = image
        self._said: list[str] = []

    def run(self) -> None:
        """Start, ask, stop."""
        image = self._image
        image.root.make_read_only(image.user, image.stage.words("VOLUME"))
        self._sandbox()
        started = time.monotonic()
        service = subprocess.Popen(
            self._inside([*image.stage.words("ENTRYPOINT"), *image.stage.words("CMD")]),
            stderr=subprocess.PIPE,
            text=True,
        )
        reader = threading.Thread(target=self._listen, args=(service,), daemon=True)
        reader.start()
        try:
            if self._becomes_healthy(service):
                self._tell(f"healthy after {time.monotonic() - started:.1f} s")
                self._ask()
                self._tell(f"memory: {_memory_mib(service.pid):.0f} MiB (PSS of all processes)")
        finally:
            self._stop(service)
            reader.join(timeout=5)
        if self.problems:
            self.told += ["what it said:", *self._said[-40:]]

    def _inside(self, words: list[str]) -> list[str]:
        image = self._image
        return image.root.command(
            words, folder=image.folder, environment=image.environment, user=image.user
        )

    def _tell(self, line: str, *, is_wrong: bool = False) -> None:
        self.told.append(line)
        if is_wrong:
            self.problems.append(line)

    def _sandbox(self) -> None:
        """What a process that meets pictures may do, confined as the container is."""
        found = subprocess.run(
            self._inside(["studio-detector", "doctor"]), capture_output=True, text=True, check=False
        )
        level = re.search(r"^sandbox\n(?:  .*\n)*?  level +(.*)", found.stdout, re.MULTILINE)
        told = level[1] if level else "unknown"
        is_wrong = found.returncode != 0 or level is None
        self._tell(f"doctor exits with {found.returncode}, sandbox: {told}", is_wrong=is_wrong)

    def _listen(self, service: subprocess.Popen[str]) -> None:
        for line in service.stderr or ():
            self._said.append(line.rstrip())

    def _becomes_healthy(self, service: subprocess.Popen[str]) -> bool:
        command = self._inside(self._image.stage.health_command())
        until = time.monotonic() + _START_S
        while time.monotonic() < until and service.poll() is None:
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return True
            time.sleep(0.5)
        self._tell(f"not healthy within {_START_S:g} s", is_wrong=True)
        return False

    def _ask(self) -> None:
        """Analyse a photograph with the first key, and nothing without one."""
        photo = min(samples_folder().glob("*.png"))
        key = next((found[0] for line in self._said if (found := _KEY.search(line))), None)
        if key is None:
            self._tell("the first start printed no key", is_wrong=True)
            return
        with Client(_ADDRESS) as stranger:
            try:
                stranger.analyse(photo, wait_s=_START_S)
                self._tell("a stranger was answered", is_wrong=True)
            except StudioDetectorError as error:
                self._tell(f"without a key: {error.code}", is_wrong=error.code != "unauthenticated")
        with Client(_ADDRESS, api_key=key) as client:
            try:
                result = client.analyse(photo, wait_s=_START_S)
                self._tell(f"{photo.name}: P(studio) {result.confidence:.3f}, {result.label}")
            except StudioDetectorError as error:
                self._tell(f"{photo.name}: {error.message}", is_wrong=True)

    def _stop(self, service: subprocess.Popen[str]) -> None:
        if service.poll() is not None:
            self._tell(f"it ended by itself with {service.returncode}", is_wrong=True)
            return
        asked = time.monotonic()
        service.send_signal(signal.SIGTERM)
        try:
            status = service.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            service.kill()
            status = service.wait()
        took_s = time.monotonic() - asked
        self._tell(f"SIGTERM: exits with {status} after {took_s:.1f} s", is_wrong=status != 0)


def _memory_mib(pid: int) -> float:
    """Proportional memory of a process and all below it."""
    return sum(pss_mib(one) or 0.0 for one in {pid} | guardian.descendants({pid}))
