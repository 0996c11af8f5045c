"""The files that ``explain`` writes: pages, a list of them, overlays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from studio_detector.pipeline.settings import Settings
from studio_detector.reporting.overlays import png_bytes
from studio_detector.reporting.page.comparison_page import comparison_page
from studio_detector.reporting.page.context import SettingLine
from studio_detector.reporting.page.environment import check_installed
from studio_detector.reporting.page.index_page import INDEX, Entry, entry, index_page
from studio_detector.reporting.page.names import page_name
from studio_detector.reporting.page.photo_page import photo_page
from studio_detector.reporting.page.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from studio_detector.config.load import ResolvedSettings
    from studio_detector.pipeline.report import Failure
    from studio_detector.reporting.explanation.comparison import Comparison
    from studio_detector.reporting.page.context import Context, Seen

_PAGE_SUFFIXES = frozenset({".html", ".htm"})
_COMPARISON = "comparison.html"


@dataclass(slots=True, kw_only=True)
class Files:
    """Writes the files of one run.

    Attributes:
        output: ``--output``.
        overlays: ``--overlays``.
        photos: How many photos there are.
        compare: Whether two are compared.
        written: What a user will want to open.
    """

    output: Path | None
    overlays: Path | None
    photos: int
    compare: bool
    written: list[Path] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _failures: list[Failure] = field(default_factory=list)

    @property
    def _one_page(self) -> bool:
        return self.output is not None and self.output.suffix.lower() in _PAGE_SUFFIXES

    def check(self) -> None:
        """Refuse, before any photo is looked at, what could not be written afterwards.

        Raises:
            UsageError: If several photos should go into one page, or a folder is a file.
            MissingExtraError: If pages are wanted and Jinja2 is not installed.
        """
        if self.output is None:
            return
        if self._one_page and self.photos > 1 and not self.compare:
            raise click.UsageError(
                f"--output names the page {str(self.output)!r}, but there are {self.photos} "
                "photos; name a folder, or compare two with --compare"
            )
        if self._one_page == self.output.is_dir() and self.output.exists():
            kind = "a folder" if self._one_page else "a file"
            raise click.UsageError(
                f"--output {str(self.output)!r} is {kind}; name a page (NAME.html) or a folder"
            )
        check_installed()

    def add_page(self, number: int, seen: Seen, context: Context) -> None:
        """Write the page of one photo."""
        if self.output is None:
            return
        if self._one_page:
            self._write(self.output, photo_page(seen, context))
            self.written.append(self.output)
            return
        name = f"{page_name(number, seen.explanation.report.path)}.html"
        self._write(self.output / name, photo_page(seen, context, index=INDEX))
        self._entries.append(entry(seen, name))

    def add_failure(self, failure: Failure) -> None:
        """Remember a photo that could not be analysed, for the list."""
        self._failures.append(failure)

    def add_overlays(self, number: int, seen: Seen) -> None:
        """Write what the analyses of one photo saw."""
        if self.overlays is None:
            return
        folder = self.overlays
        if self.photos > 1:
            folder /= page_name(number, seen.explanation.report.path)
        for overlay in seen.overlays:
            write_file(folder / f"{overlay.name}.png", png_bytes(overlay.rgb))
        self.written.append(folder)

    def write_index(self, labels: Mapping[str, int]) -> None:
        """Write the list of all pages, where they have a folder."""
        if self.output is None or self._one_page:
            return
        path = self.output / INDEX
        self._write(path, index_page(self._entries, self._failures, labels))
        self.written.append(path)

    def write_comparison(
        self, comparison: Comparison, first: Seen, second: Seen, context: Context
    ) -> None:
        """Write the page of two photos."""
        if self.output is None:
            return
        path = self.output if self._one_page else self.output / _COMPARISON
        self._write(path, comparison_page(comparison, first, second, context))
        self.written.append(path)

    @staticmethod
    def _write(path: Path, page: str) -> None:
        write_file(path, page.encode("utf-8", "backslashreplace"))


def setting_lines(resolved: ResolvedSettings) -> tuple[SettingLine, ...]:
    """Every setting for a page, with where it comes from and whether it differs."""
    from studio_detector.config.keys import flat
    from studio_detector.config.render import as_rows

    values, defaults = flat(resolved.settings), flat(Settings())
    return tuple(
        SettingLine(name=name, value=value, origin=origin, changed=values[name] != defaults[name])
        for name, value, origin in as_rows(resolved, origin=True)
        # How a service runs says nothing about a photo.
        if name in values
    )
