"""CleanVision's default checks: duplicates, darkness, blur, odd shapes and so on."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING

from benchmarks.measure import UnavailableError
from benchmarks.names import CLEANVISION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measure import Stopwatch
    from benchmarks.pictures import Picture
    from benchmarks.sizes import Size

_ROUNDS = {"vga": 6, "2mp": 3, "12mp": 1}


class CleanVision:
    """One process, all pictures of a size at once as its interface wants it, time a picture."""

    name = CLEANVISION

    def rounds(self, size: Size) -> int:
        """Few: each goes over the whole shelf."""
        return _ROUNDS.get(size.name, 0)

    def prepare(self) -> None:
        """Import it."""
        try:
            from cleanvision import Imagelab
        except ImportError as error:
            raise UnavailableError(f"cannot be imported: {error}") from error
        self._imagelab = Imagelab

    def run(self, picture: Picture, shelf: Sequence[Picture], watch: Stopwatch) -> None:
        """Check the whole shelf."""
        del picture
        paths = [str(one.path) for one in shelf]

        def check() -> None:
            self._imagelab(filepaths=paths).find_issues(n_jobs=1, verbose=False)

        # It reports its progress on both streams.
        quiet = io.StringIO()
        with (
            contextlib.redirect_stdout(quiet),
            contextlib.redirect_stderr(quiet),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            watch.measure(self.name, check, pictures=len(paths))
