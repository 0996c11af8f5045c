"""BRISQUE, a quality score without reference, by the package ``brisque``."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.measure import UnavailableError
from benchmarks.names import BRISQUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measure import Stopwatch
    from benchmarks.pictures import Picture
    from benchmarks.sizes import Size

# Its float64 temporaries take over a gigabyte at 12 MP.
_ROUNDS = {"vga": 12, "2mp": 4}


class Brisque:
    """Decoding by Pillow and the score at the picture's own size, which BRISQUE is made for."""

    name = BRISQUE

    def rounds(self, size: Size) -> int:
        """Few, and none at 12 MP."""
        return _ROUNDS.get(size.name, 0)

    def prepare(self) -> None:
        """Load its model and score a small picture."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from brisque import BRISQUE
        except ImportError as error:
            raise UnavailableError(f"cannot be imported: {error}") from error

        class Working(BRISQUE):  # type: ignore[misc, unused-ignore]
            """Version 0.2.0 mixes numbers with arrays of one, which NumPy 2.4 refuses."""

            def scale_features(self, features: Any) -> Any:  # noqa: ANN401 - untyped package
                return super().scale_features([np.ravel(feature)[0] for feature in features])

        self._scorer = Working(url=False)
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        try:
            self._scorer.score(noise)
        except Exception as error:
            raise UnavailableError(f"fails: {type(error).__name__}: {error}") from error

    def run(self, picture: Picture, shelf: Sequence[Picture], watch: Stopwatch) -> None:
        """Score one picture."""
        del shelf

        def score() -> float:
            with Image.open(io.BytesIO(picture.data)) as image:
                return float(self._scorer.score(np.asarray(image)))

        watch.measure(self.name, score)
