"""The keeper of one child process: starts it, talks to it, buries it and starts the next."""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from studio_detector.errors import IsolationError
from studio_detector.imaging.child import Child, could_not_start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from studio_detector.imaging.sandbox import Confinement

T = TypeVar("T")

#: Why a process ended: it had served enough, it was killed for the time or the memory it took, it
#: died, or nobody needs it any more.
ChildEnd: TypeAlias = Literal["recycled", "killed_time", "killed_memory", "crashed", "closed"]

_ACTIVITY = "analysis"
_END_OF: Mapping[str, ChildEnd] = MappingProxyType(
    {"timeout": "killed_time", "memory": "killed_memory"}
)
# A system short of processes or memory for a moment must not end a run of days.
_START_PAUSES_S = (0.0, 1.0, 10.0)


class AbandonedError(Exception):
    """The work was given up while a photo was on its way."""


class Keeper:
    """Talks about pictures with one process after another; for one thread at a time.

    A picture is failed as ``crashed`` or ``memory`` only by a process that had served nothing
    before: what a used one died of may be the damage done by an earlier picture, and then the
    conversation is held once more with a fresh one. So it is if the process was killed from
    outside, as systems out of memory do. ``timeout`` is not tried again, since it would hold
    up everything for as long once more.

    Args:
        entry: Module whose ``main`` the process runs.
        message: What it is started with.
        timeout_s: Seconds one conversation may take.
        recycle_after: Conversations after which the process is replaced.
        ended: Told why a process ended.
    """

    def __init__(
        self,
        entry: str,
        message: Mapping[str, Any],
        *,
        timeout_s: float,
        recycle_after: int,
        ended: Callable[[ChildEnd], None] = lambda _: None,
    ) -> None:
        self._entry = entry
        self._message = message
        self._timeout_s = timeout_s
        self._recycle_after = recycle_after
        self._ended = ended
        self._child: Child | None = None
        # Guards what `abandon` does from another thread.
        self._lock = threading.Lock()
        self._abandoned = threading.Event()

    def start(self) -> Confinement:
        """Have a process ready before it is needed.

        Returns:
            How far it is confined.

        Raises:
            AbandonedError: After `abandon`.
            IsolationError: ``crashed`` if no process can be started.
            StudioDetectorError: What a process cannot start with.
        """
        return self._ready_child().confinement

    def ask(
        self,
        talk: Callable[[Child], T],
        *,
        failed: Callable[[IsolationError], T],
        is_spent: Callable[[T], bool],
    ) -> T:
        """Hold one conversation.

        Args:
            talk: Holds it; called once more if it is tried again.
            failed: What to answer for a picture that took its process along.
            is_spent: Whether an answer tells that the process ran out of memory: what it failed
                to free is not worth keeping, and the picture is tried again in a fresh one.

        Returns:
            The answer.

        Raises:
            AbandonedError: After `abandon`.
            IsolationError: ``crashed`` if no process can be started.
            StudioDetectorError: What a process cannot start with.
        """
        answer, is_certain = self._attempt(talk, failed, is_spent)
        if not is_certain:
            answer, _ = self._attempt(talk, failed, is_spent)
        return answer

    def _attempt(
        self,
        talk: Callable[[Child], T],
        failed: Callable[[IsolationError], T],
        is_spent: Callable[[T], bool],
    ) -> tuple[T, bool]:
        """One try, and whether its outcome is the picture's own."""
        child = self._ready_child()
        was_fresh = child.served == 0
        try:
            with child.conversation(self._timeout_s):
                answer = talk(child)
        except IsolationError as error:
            if self._abandoned.is_set():
                raise AbandonedError from error
            self._ended(_END_OF.get(error.code, "crashed"))
            is_certain = error.code == "timeout" or (was_fresh and not child.was_killed)
            return failed(error), is_certain
        if is_spent(answer):
            child.stop()
            self._ended("killed_memory")
            return answer, was_fresh
        if child.is_over:
            # It answered at the very moment when its time was up.
            self._ended("killed_time")
        return answer, True

    def _ready_child(self) -> Child:
        child = self._child
        if child is not None and child.served >= self._recycle_after and not child.is_over:
            child.stop()
            self._ended("recycled")
        if child is None or child.is_over:
            for pause_s in _START_PAUSES_S:
                if self._abandoned.wait(pause_s):
                    raise AbandonedError
                try:
                    return self._start()
                except OSError as error:
                    failure = could_not_start(_ACTIVITY)
                    failure.__cause__ = error
                except IsolationError as error:
                    failure = error
            raise failure
        return child

    def _start(self) -> Child:
        with self._lock:
            if self._abandoned.is_set():
                raise AbandonedError
            self._child = child = Child(self._entry, activity=_ACTIVITY)
        try:
            child.start(self._message)
        except IsolationError as error:
            if self._abandoned.is_set():
                raise AbandonedError from error
            raise
        return child

    def resume(self) -> None:
        """Take pictures again after `abandon`, while no thread is in `ask`."""
        if self._abandoned.is_set():
            self.close()
            self._abandoned.clear()

    def abandon(self) -> None:
        """Kill the process, from any thread, and start no other."""
        with self._lock:
            self._abandoned.set()
            if self._child is not None and not self._child.is_over:
                self._child.kill()
                self._ended("closed")

    def close(self) -> None:
        """End the process, while no thread is in `ask`."""
        if self._child is not None and not self._child.is_over:
            # It holds nothing worth a graceful end.
            self._child.stop(at_once=True)
            if not self._abandoned.is_set():
                self._ended("closed")
        self._child = None
