"""Pictures of one request on their way into the vault, some at a time."""

from __future__ import annotations

import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import blob_key, split_key

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Executor, Future

    from studio_detector.service.blobs import Vault
    from studio_detector.service.store import Pictures

T = TypeVar("T")

_log = logging.getLogger(__name__)

# A transaction for each would take the database twice as long.
_MOST = 32
# So that large pictures lie in memory by the handful.
_MOST_BYTES = 8 * 1024 * 1024
# Well within the time for which a picture is kept for a job that has not come.
_SIGN_EVERY_S = 60.0
_OF_THE_PLACE = frozenset({"storage_full", "storage_unavailable"})


class Keeping:
    """Keeps each picture once, however often the request has it.

    Putting counts how many requests await a picture, so that once is also what is right.

    While some are put, the next are read and hashed: most of either is done outside Python's
    lock, and the children have nothing to do yet.

    Args:
        vault: Where they are kept.
        pictures: Where it is noted that they are needed.
        tenant: Whose they are.
        sign_every_s: How often that is noted anew while more of them come, which may take long.
    """

    def __init__(
        self,
        vault: Vault,
        pictures: Pictures,
        tenant: str,
        *,
        sign_every_s: float = _SIGN_EVERY_S,
    ) -> None:
        self._vault = vault
        self._pictures = pictures
        self._tenant = tenant
        self._sign_every_s = sign_every_s
        self._added: set[str] = set()
        self._kept: list[tuple[str, str]] = []
        self._waiting: dict[str, bytes] = {}
        self._waiting_bytes = 0
        self._writer: Executor | None = None
        self._putting: Future[None] | None = None

    def add(self, image_hash: str, data: bytes) -> None:
        """Keep a picture, soon; only while `until_all_are_kept` runs.

        Args:
            image_hash: SHA-256 of the bytes, hex.
            data: The bytes.

        Raises:
            BusyError: As `Vault.put_all`, of earlier ones.
        """
        if image_hash in self._added:
            return
        self._added.add(image_hash)
        self._waiting[blob_key(self._tenant, image_hash)] = data
        self._waiting_bytes += len(data)
        if len(self._waiting) >= _MOST or self._waiting_bytes >= _MOST_BYTES:
            self._put()

    def until_all_are_kept(self, found: Iterable[T]) -> Generator[T, None, None]:
        """Give what is found and added on the way; when it ends, all of it is kept.

        Args:
            found: Adds each picture before giving it.

        Raises:
            BusyError: As `Vault.put_all`.
        """
        with ThreadPoolExecutor(1, "keeping") as self._writer, self._signs_of_life():
            yield from found
            self._put()
            self._await()

    def give_up(self) -> None:
        """Note that no job comes for what was kept; once nothing is put any more.

        Where the store is away, the time runs out for which it is kept.
        """
        kept, self._kept = self._kept, []
        with contextlib.suppress(BusyError):
            self._pictures.give_up(kept)

    def _put(self) -> None:
        self._await()
        if self._waiting and self._writer is not None:
            # In the context of the request, which log and trace name.
            run = copy_context().run
            self._putting = self._writer.submit(run, self._put_all, self._waiting)
            self._waiting, self._waiting_bytes = {}, 0

    def _put_all(self, waiting: dict[str, bytes]) -> None:
        try:
            self._vault.put_all(waiting)
        except BusyError as error:
            # That they are needed is noted before the place for pictures is asked.
            if error.code in _OF_THE_PLACE:
                self._kept += map(split_key, waiting)
            raise
        self._kept += map(split_key, waiting)

    def _await(self) -> None:
        """Wait for what is being put, so that no more than two parts lie in memory."""
        if self._putting is not None:
            putting, self._putting = self._putting, None
            putting.result()

    @contextlib.contextmanager
    def _signs_of_life(self) -> Iterator[None]:
        is_over = threading.Event()
        # In the context of the request, which the log names.
        run = copy_context().run
        signs = threading.Thread(target=run, args=(self._give_signs, is_over), name="signs-of-life")
        signs.start()
        try:
            yield
        finally:
            is_over.set()
            signs.join()

    def _give_signs(self, is_over: threading.Event) -> None:
        while not is_over.wait(self._sign_every_s):
            try:
                self._pictures.still_need(list(self._kept))
            except BusyError as error:
                _log.warning("pictures on their way in may be thrown away: %s", error.message)
