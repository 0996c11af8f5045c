"""A child process of our own: its start, its pipes, its deadline, its end and the reason for it.

The child runs the same interpreter with the same import path, started anew and never forked;
it talks in the messages of `framing` and confines itself with `confinement`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from studio_detector.errors import CODES, IsolationError, StudioDetectorError
from studio_detector.imaging.environment import child_environment
from studio_detector.imaging.framing import (
    NO_MEMORY_STATUS,
    FramingError,
    read_message,
    write_message,
)
from studio_detector.imaging.sandbox import Confinement
from studio_detector.imaging.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_detector.imaging.limits import Limits

# Importing the codecs on a busy machine.
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 2.0
# What Linux lets everybody have.
_PIPE_BYTES = 1 << 20
# Modules stay until the end: looking through them for garbage only makes the start longer.
_BOOTSTRAP = (
    "import gc, importlib, json, sys; sys.path[:] = json.loads(sys.argv[1]); gc.disable(); "
    "importlib.import_module(sys.argv[2]); gc.freeze(); gc.enable(); "
    "importlib.import_module(sys.argv[2]).main()"
)


class Child:
    """One process. It serves one conversation at a time.

    Args:
        entry: Module whose ``main`` the child runs.
        activity: What it does, for messages: "decoding".

    Attributes:
        confinement: How far it is confined, once it has started.

    Raises:
        OSError: If the system starts no process.
    """

    def __init__(self, entry: str, *, activity: str) -> None:
        self._activity = activity
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            # -P: or the bootstrap would import from the current folder, which may hold
            # anything.
            [sys.executable, "-P", "-c", _BOOTSTRAP, json.dumps(sys.path), entry],
            env=child_environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Codecs print their complaints there.
            stderr=subprocess.DEVNULL,
            # An interrupt at the terminal is for the parent, which then closes the pipe.
            start_new_session=True,
        )
        self.requests = cast("BinaryIO", self._process.stdin)
        _widen(self.requests)
        self.replies = cast("BinaryIO", self._process.stdout)
        self._watchdog = Watchdog(self._process.kill)
        self.served = 0
        self.confinement = Confinement()
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether it was stopped, for whatever reason."""
        return self._is_over

    @property
    def was_killed(self) -> bool:
        """Whether somebody else killed it: the system, for want of memory."""
        killed = self._process.returncode == -getattr(signal, "SIGKILL", 0)
        return killed and not self._watchdog.has_bitten

    def start(self, settings: Mapping[str, Any]) -> None:
        """Hand the settings over and wait until the child is ready.

        Raises:
            IsolationError: ``crashed``; the child is over.
            StudioDetectorError: What the child answered it cannot start with.
        """
        try:
            with self._watchdog.deadline(_START_TIMEOUT_S):
                write_message(self.requests, settings)
                header, _ = read_message(self.replies, 0)
            refusal = rebuild_error(header)
            if refusal is None:
                self.confinement = Confinement.from_plain(header.get("confinement"))
        except (EOFError, OSError, FramingError) as error:
            self.stop()
            raise could_not_start(self._activity) from error
        except BaseException:
            self.stop(at_once=True)
            raise
        if refusal is not None:
            self.stop()
            raise refusal

    @contextlib.contextmanager
    def conversation(self, timeout_s: float) -> Iterator[None]:
        """Talk about one picture within a deadline; whatever goes wrong ends the process.

        Raises:
            IsolationError: ``crashed``, ``timeout`` or ``memory``.
        """
        try:
            with self._watchdog.deadline(timeout_s):
                yield
        except FramingError as error:
            self.stop()
            raise self.garbled(str(error)) from error
        except (EOFError, OSError) as error:
            self.stop()
            raise self._obituary(timeout_s) from error
        except BaseException:
            # An interrupt in mid-message: what is left in the pipe belongs to no one.
            self.stop(at_once=True)
            raise
        self.served += 1
        if self._watchdog.has_bitten:
            # Answered at the last moment; the next picture must not pay for it.
            self.stop()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Let the child wait, in a conversation, without the time counting as the picture's."""
        with self._watchdog.suspended():
            yield

    def garbled(self, what: str) -> IsolationError:
        """Say that the child sent what it should not have."""
        return IsolationError(
            f"the {self._activity} process sent a garbled reply ({what}); "
            "the file is most likely hostile",
            code="crashed",
        )

    def _obituary(self, timeout_s: float) -> IsolationError:
        """Say why the process, which has ended, did so."""
        status = self._process.returncode
        if self._watchdog.has_bitten or status == -getattr(signal, "SIGXCPU", 0):
            return IsolationError(
                f"{self._activity} took longer than {timeout_s:g} s and was stopped; "
                "reduce the picture or raise the timeout",
                code="timeout",
            )
        # Nobody but the kernel's out-of-memory killer sends SIGKILL, beside ourselves.
        if self.was_killed or status == NO_MEMORY_STATUS:
            return IsolationError(
                f"the {self._activity} process ran out of memory; reduce the picture",
                code="memory",
            )
        return IsolationError(
            f"the {self._activity} process crashed (status {status}); "
            "the file is most likely hostile",
            code="crashed",
        )

    def kill(self) -> None:
        """End the process from another thread, which unblocks the conversation."""
        self._process.kill()

    def stop(self, *, at_once: bool = False) -> None:
        """End the process if it still runs, and free all that belongs to it.

        Args:
            at_once: Do not let it end by itself, which tells why it ended.
        """
        self._is_over = True
        if at_once:
            self._process.kill()
        # Closing flushes, which fails when the process is gone.
        with contextlib.suppress(OSError):
            self.requests.close()
        try:
            self._process.wait(timeout=_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.replies.close()
        self._watchdog.close()


def _widen(pipe: BinaryIO) -> None:
    """Let a pipe take a large picture with fewer changes between the two processes, on Linux."""
    if sys.platform != "linux":
        return
    import fcntl  # noqa: PLC0415 - not there on every system

    # A user has room for so many wide pipes and no more; the others stay as they are.
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def could_not_start(activity: str) -> IsolationError:
    """Say that there is no child to talk to."""
    return IsolationError(
        f"the {activity} process could not be started; "
        "work without isolation or look into the installation",
        code="crashed",
    )


def affordable(limits: Limits, memory_bytes: int) -> Limits:
    """Lower the limits to what a child of so much memory can decode.

    What cannot fit is refused before decoding: some codecs, once out of memory, blame the
    file.
    """
    return replace(limits, max_decode_bytes=min(limits.max_decode_bytes, memory_bytes))


def describe_error(error: StudioDetectorError) -> dict[str, Any]:
    """Put an error into a message; `rebuild_error` is the way back."""
    return {"kind": type(error).__name__, "code": error.code, "message": error.message}


def rebuild_error(header: Mapping[str, Any]) -> StudioDetectorError | None:
    """Take an error out of a message.

    Returns:
        The error; None if the message holds none.

    Raises:
        FramingError: If its kind or code is not one of ours.
    """
    if "kind" not in header:
        return None
    # As text, because it may be anything that JSON can hold.
    kind, code = str(header["kind"]), str(header.get("code"))
    known = _kinds(StudioDetectorError)
    if kind not in known or code not in CODES:
        raise FramingError(f"error {kind!r} with code {code!r}")
    return known[kind](str(header.get("message")), code=code)


def _kinds(root: type[StudioDetectorError]) -> dict[str, type[StudioDetectorError]]:
    found: dict[str, type[StudioDetectorError]] = {}
    for kind in root.__subclasses__():
        found |= {kind.__name__: kind} | _kinds(kind)
    return found
