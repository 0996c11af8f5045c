"""A whole batch: from inputs through workers into shards, and from shards into the output."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from studio_detector.batch import files
from studio_detector.batch.assemble import Groups, assemble, find_groups, grouped
from studio_detector.batch.counts import Counts
from studio_detector.batch.inputs import Inputs
from studio_detector.batch.overview import page
from studio_detector.batch.overview.facts import Facts
from studio_detector.batch.overview.thumbnails import Thumbnails
from studio_detector.batch.parts import open_parts
from studio_detector.batch.plan import BatchSummary
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.batch.rows import ROW_SCHEMA_VERSION
from studio_detector.batch.seen import SeenOnDisk
from studio_detector.batch.window import is_of_the_photo
from studio_detector.batch.writers.choose import writer_for
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from studio_detector.batch.parts import Parts
    from studio_detector.batch.plan import BatchOptions, Watcher
    from studio_detector.batch.shards import ShardWriter
    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.report import Failure
    from studio_detector.sources.photo import Note, Photo

_ADVICE = "what is finished is kept: make room or open the way, and go on with --resume"


class _StoppedError(Exception):
    """Somebody asked to stop, in the middle of something that can be done again."""


@dataclass(slots=True)
class Batch:
    """One batch; `run` is called once.

    Attributes:
        detector: Says what the workers do: its settings, analyses and model.
        options: What becomes of the rows.
        pool_options: How the workers work.
        watcher: Is told how it goes.
        open_pool: Makes the pool; another one takes its place in tests.
        clock: Seconds.
    """

    detector: Detector
    options: BatchOptions
    pool_options: PoolOptions
    watcher: Watcher
    open_pool: Callable[..., WorkerPool] = WorkerPool
    clock: Callable[[], float] = monotonic
    _counts: Counts = field(default_factory=Counts, init=False)
    _misplaced: int = field(default=0, init=False)
    _pool: WorkerPool | None = field(default=None, init=False)
    _is_stopping: bool = field(default=False, init=False)

    def stop(self) -> None:
        """Finish the photos in flight and end, so that the run can be resumed.

        May be called from anywhere, signal handlers included.
        """
        self._is_stopping = True
        if self._pool is not None:
            self._pool.stop()

    def run(self, items: Iterable[Photo | Failure | Note]) -> BatchSummary:
        """Run the batch.

        Args:
            items: The inputs, pulled one by one; a resumed run needs those of the first.

        Returns:
            How it ended.

        Raises:
            ConfigError: ``config_invalid_value`` if the suffix of the output is unknown.
            MissingExtraError: ``missing_extra`` for a format, hash or page whose package is
                not there; before anything is analysed.
            OutputError: ``output_exists``, ``output_busy``, ``resume_mismatch``; or
                ``output_failed`` if something cannot be written: finished shards are kept.
            Exception: Whatever ``items`` raises, after the rows before it are safe.
        """
        writer = writer_for(self.options.output)
        if self.options.overview is not None:
            page.check_installed()
        with contextlib.ExitStack() as stack:
            parts = stack.enter_context(
                open_parts(self.options.output, self.options.mode, self._identity())
            )
            with self._writing():
                seen = stack.enter_context(SeenOnDisk(parts.folder))
                thumbnails = self._open_thumbnails(parts, stack)
            inputs = Inputs(
                items,
                note=self.watcher.note,
                keeps=self.options.sorter is not None or thumbnails is not None,
                limits=self.detector.settings.limits,
            )
            try:
                self._replay(parts, inputs, seen, thumbnails)
                shards = self._analyse(parts, inputs, seen, thumbnails)
                if seen.trouble is not None:
                    self.watcher.note(
                        f"copies were analysed again, because what was seen before could not "
                        f"be kept: {seen.trouble}"
                    )
                if not inputs.is_exhausted:
                    return self._summary(is_finished=False)
                self.watcher.assembling(self._counts.rows)
                with self._writing():
                    groups = self._finish(parts, shards, writer, thumbnails)
            except _StoppedError:
                return self._summary(is_finished=False)
        return self._summary(is_finished=True, groups=groups)

    def _identity(self) -> dict[str, Any]:
        """What the results depend on besides the inputs."""
        return {
            "version": VERSION,
            "row schema": ROW_SCHEMA_VERSION,
            "model": self.detector.model.identity,
            "analyses": {a.SPEC.name: a.SPEC.version for a in self.detector.registry},
            "--near-duplicates": self.options.near_duplicates,
            **{f"setting {name}": value for name, value in _flat(asdict(self.detector.settings))},
        }

    def _open_thumbnails(self, parts: Parts, stack: contextlib.ExitStack) -> Thumbnails | None:
        if self.options.overview is None:
            return None
        return stack.enter_context(
            Thumbnails(
                # Hidden, so that a folder of photos that holds the output does not give them.
                parts.folder / ".thumbnails",
                per_label=self.options.pictures_per_label,
                limits=self.detector.settings.limits,
            )
        )

    def _replay(
        self, parts: Parts, inputs: Inputs, seen: SeenOnDisk, thumbnails: Thumbnails | None
    ) -> None:
        """Pass the inputs by whose rows are there, as if they were analysed now."""
        if not parts.shards:
            return
        for result in parts.results():
            self._check_stop()
            inputs.pass_by(result["path"])
            sha256 = result.get("sha256")
            if sha256 is not None and is_of_the_photo(result):
                seen.put(sha256, result)
            with self._writing():
                self._take(inputs, result, thumbnails)
        self.watcher.resumed(self._counts)

    def _analyse(
        self, parts: Parts, inputs: Inputs, seen: SeenOnDisk, thumbnails: Thumbnails | None
    ) -> int:
        """Analyse the remaining inputs; returns how many shards there are now."""
        shards = parts.writer()
        with self.open_pool(self.detector.settings, self.pool_options, seen=seen) as pool:
            self._pool = pool
            if self._is_stopping:
                pool.stop()
            try:
                self._fill(shards, pool.run(inputs), inputs, thumbnails)
            except Exception:
                # A defect or a broken input: the rows before it are good. A broken disk will
                # refuse again, and the finished shards stay as they are.
                with contextlib.suppress(OSError):
                    shards.commit()
                raise
            finally:
                shards.abandon()
        return shards.number

    def _fill(
        self,
        shards: ShardWriter,
        results: Iterator[dict[str, Any]],
        inputs: Inputs,
        thumbnails: Thumbnails | None,
    ) -> None:
        opened = self.clock()
        for result in results:
            with self._writing():
                self._take(inputs, result, thumbnails)
                if not shards.rows:
                    opened = self.clock()
                shards.write(result)
                is_old = self.clock() - opened >= self.options.shard_age_s
                if is_old or shards.rows >= self.options.shard_rows:
                    shards.commit()
            self.watcher.advanced(self._counts)
        with self._writing():
            shards.commit()

    def _take(
        self, inputs: Inputs, result: Mapping[str, Any], thumbnails: Thumbnails | None
    ) -> None:
        """Count a result, and do with its photo what else was asked for."""
        photo = inputs.next_kept()
        if photo is not None and thumbnails is not None:
            thumbnails.offer(self._counts.rows, photo, result)
        if photo is not None and self.options.sorter is not None:
            trouble = self.options.sorter.place(photo, result)
            if trouble is not None:
                self._misplaced += 1
                self.watcher.note(trouble)
        self._counts.add(result)

    def _finish(
        self,
        parts: Parts,
        shards: int,
        writer: Callable[..., Any],
        thumbnails: Thumbnails | None,
    ) -> Groups | None:
        groups = None
        if self.options.near_duplicates:
            groups = find_groups(self._stoppable(parts.results(shards)))
        facts = Facts()
        results = self._stoppable(parts.results(shards))
        assemble(
            _gathered(results if groups is None else grouped(results, groups), facts),
            self.options.output,
            scratch=parts.folder,
            writer=writer,
            layout=self.options.layout,
        )
        if self.options.overview is not None and thumbnails is not None:
            html = page.overview_page(
                facts,
                thumbnails.sample,
                thumbnails.uri,
                title=self.options.output.name,
                near_duplicate_groups=None if groups is None else groups.count,
            )
            with files.telling_what_failed(
                f"the overview {str(self.options.overview)!r}",
                "the rows are whole; open the way and go on with --resume",
            ):
                files.write_whole(self.options.overview, html.encode("utf-8"))
        parts.finish()
        return groups

    def _stoppable(self, results: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for result in results:
            self._check_stop()
            yield result

    def _check_stop(self) -> None:
        if self._is_stopping:
            raise _StoppedError

    def _summary(self, *, is_finished: bool, groups: Groups | None = None) -> BatchSummary:
        return BatchSummary(
            counts=self._counts,
            is_finished=is_finished,
            near_duplicate_groups=None if groups is None else groups.count,
            misplaced=self._misplaced,
        )

    def _writing(self) -> contextlib.AbstractContextManager[None]:
        return files.telling_what_failed(f"the output {str(self.options.output)!r}", _ADVICE)


def _gathered(results: Iterator[dict[str, Any]], facts: Facts) -> Iterator[dict[str, Any]]:
    for result in results:
        facts.add(result)
        yield result


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
