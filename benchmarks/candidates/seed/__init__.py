"""The seed's published recipe, written down in a straightforward way.

Four views of the lighting with equal weight; between 0.3 and 0.7 four views of detail, which
then count for two fifths. Pictures are reduced to 512 px first. Taken from the original
(mattmoran56/studio-image-detection, which has no licence): which quantities it measures, by
which library calls and how often, above all three variances over a 20 px window by
``ndimage.generic_filter``, and how it weights its halves. The code is ours, and so are most
thresholds: the milliseconds are those of the approach, the verdicts say nothing about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.measure import UnavailableError
from benchmarks.names import SEED, SEED_DETAIL, SEED_LIGHTING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from benchmarks.measure import Stopwatch
    from benchmarks.pictures import Picture
    from benchmarks.sizes import Size

_WORKING_SIZE_PX = 512
_DOUBT = (0.3, 0.7)
_DETAIL_SHARE = 0.4
_ROUNDS = {"vga": 4, "2mp": 1}


def decode(data: bytes) -> npt.NDArray[np.uint8]:
    """The whole JPEG, then down to 512 px; BGR, shape (rows, columns, 3)."""
    bgr = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    rows, columns = bgr.shape[:2]
    scale = _WORKING_SIZE_PX / max(rows, columns)
    if scale >= 1:
        return bgr
    size = (round(columns * scale), round(rows * scale))
    return np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)


def combine(lighting: float, detail: float) -> float:
    """The confidence when both halves were needed, 0..1."""
    return (1 - _DETAIL_SHARE) * lighting + _DETAIL_SHARE * detail


def in_doubt(lighting: float) -> bool:
    """Whether the lighting alone leaves the verdict open."""
    return _DOUBT[0] <= lighting <= _DOUBT[1]


class Seed:
    """Few pictures only: it takes seconds for each."""

    name = SEED

    def rounds(self, size: Size) -> int:
        """Four at VGA, one at 2 MP, none at 12 MP: it reduces all to the same size."""
        return _ROUNDS.get(size.name, 0)

    def prepare(self) -> None:
        """Import what it needs and run it once on a small picture."""
        try:
            from benchmarks.candidates.seed import detail, lighting
        except ImportError as error:
            raise UnavailableError(f"cannot be imported: {error}") from error
        self._lighting, self._detail = lighting.score, detail.score
        small = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        self._lighting(small)
        self._detail(small)

    def run(self, picture: Picture, shelf: Sequence[Picture], watch: Stopwatch) -> None:
        """Its verdict under its own policy; both halves are also measured by themselves."""
        del shelf
        parts = type(watch)()
        bgr = parts.measure("decode", lambda: decode(picture.data))
        lighting = parts.measure(SEED_LIGHTING, lambda: self._lighting(bgr))
        parts.measure(SEED_DETAIL, lambda: self._detail(bgr))
        spent = {one.name: one for one in parts.times("")}
        names = ["decode", SEED_LIGHTING, *([SEED_DETAIL] if in_doubt(lighting) else [])]
        for total, summed in (
            (SEED, names),
            (SEED_LIGHTING, [SEED_LIGHTING]),
            (SEED_DETAIL, [SEED_DETAIL]),
        ):
            watch.record(
                total,
                cpu_ms=sum(spent[name].cpu_ms for name in summed),
                wall_ms=sum(spent[name].wall_ms for name in summed),
            )
