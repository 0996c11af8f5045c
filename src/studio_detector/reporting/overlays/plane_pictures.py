"""Every plane of a picture as a picture of its own, for whoever develops an analysis."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.planes import Planes
from studio_detector.planes.masks import Components
from studio_detector.planes.spectrum import Spectrum
from studio_detector.planes.statistics import Histogram
from studio_detector.reporting.overlays.canvas import repeated, sheet, size_of, spread
from studio_detector.reporting.overlays.legends import STRIP_PX, note, scale_bar
from studio_detector.reporting.overlays.palettes import (
    BLUE,
    PAPER,
    diverging,
    diverging_rgb,
    sequential,
    sequential_rgb,
    wheel,
    wheel_rgb,
)
from studio_detector.reporting.overlays.power_spectrum import spectrum_map

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Uint8 = npt.NDArray[np.uint8]

_HISTOGRAM_ROWS = 200
_DIRECTION_SUFFIX = "_deg"


def planes_as_pictures(planes: Planes) -> Iterator[tuple[str, Uint8]]:
    """Draw every public property of `Planes` that is a plane.

    Args:
        planes: The picture's planes.

    Yields:
        Name of the plane, and uint8 (rows, 512, 3) with its scale below, in the order in
        which `Planes` declares them. Numbers such as the rows, and the planes at other
        sizes, are no planes and left out.

    Raises:
        TypeError: If `Planes` has a property of a kind that nobody taught to draw.
    """
    for name, member in vars(Planes).items():
        if name.startswith("_") or not isinstance(member, property | cached_property):
            continue
        value = getattr(planes, name)
        if not isinstance(value, int | tuple | Planes):
            yield name, _picture(name, value, size_of(planes))


def _picture(name: str, value: object, size: tuple[int, int]) -> Uint8:
    match value:
        case np.ndarray():
            return _array(name, value, size)
        case Components():
            return _parts(name, value, size)
        case Histogram():
            return _bars(name, value)
        case Spectrum():
            words = "Power of each frequency, in decibels below the strongest (80 dB shown)."
            return sheet(name, spectrum_map(value), [note(words)])
        case _:
            raise TypeError(
                f"the plane {name!r} is a {type(value).__name__}, which cannot be drawn; teach "
                "planes_as_pictures how"
            )


def _array(name: str, plane: npt.NDArray[np.generic], size: tuple[int, int]) -> Uint8:
    if plane.ndim == 3:
        shown = repeated(plane, size).astype(np.uint8)
        return sheet(name, shown, [note("Three channels as red, green and blue, 0 to 255.")])
    if plane.dtype == np.bool_:
        share = np.count_nonzero(plane) / plane.size
        shown = np.where(repeated(plane, size)[:, :, None], PAPER, (0, 0, 0)).astype(np.uint8)
        return sheet(name, shown, [note(f"White: {share:.1%} of the picture.")])
    numbers = plane.astype(np.float32)
    ticks = [(0.0, "0"), (1.0, "255")]
    low, high = float(numbers.min()), float(numbers.max())
    extent = f"lowest {low:.4g}, highest {high:.4g}, mean {float(numbers.mean()):.4g}"
    if name.endswith(_DIRECTION_SUFFIX):
        shown = wheel_rgb(repeated(numbers, size).astype(np.float32))
        ticks = [(step / 4, f"{90 * step}") for step in range(5)]
        table, ends = wheel(), ("degrees", "")
    elif plane.dtype == np.uint8:
        grey = np.rint(spread(numbers, size)).astype(np.uint8)
        shown = np.repeat(grey[:, :, None], 3, axis=2)
        table, ends = _greys(), ("black", "white")
    elif low < 0:
        limit = max(-low, high)
        shown = diverging_rgb(spread(numbers, size), limit)
        ticks = [(0.0, f"{-limit:.4g}"), (0.5, "0"), (1.0, f"{limit:.4g}")]
        table, ends = diverging(), ("below 0", "above 0")
    else:
        shown = sequential_rgb(spread(numbers, size), low, high)
        ticks = [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")]
        table, ends = sequential(), ("lowest", "highest")
    bar = scale_bar(table, ticks, low_words=ends[0], high_words=ends[1])
    return sheet(name, shown, [bar, note(extent)])


def _greys() -> Uint8:
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def _parts(name: str, parts: Components, size: tuple[int, int]) -> Uint8:
    """Connected parts in colours by their number, neighbours in number far apart in hue."""
    labels = repeated(parts.labels, size).astype(np.intp)
    hues = wheel_rgb(labels * 222.5)
    shown = np.where(labels[:, :, None] > 0, hues, 0).astype(np.uint8)
    return sheet(name, shown, [note(f"{parts.count} connected parts, each in a colour.")])


def _bars(name: str, histogram: Histogram) -> Uint8:
    shown = np.full((_HISTOGRAM_ROWS, STRIP_PX, 3), PAPER, dtype=np.uint8)
    tallest = max(1, int(histogram.counts.max()))
    heights = np.rint(np.sqrt(histogram.counts / tallest) * _HISTOGRAM_ROWS).astype(np.intp)
    columns = heights[(np.arange(STRIP_PX) * len(heights)) // STRIP_PX]
    shown[(_HISTOGRAM_ROWS - 1 - np.arange(_HISTOGRAM_ROWS))[:, None] < columns] = BLUE
    words = f"Levels 0 (left) to 255; heights by the square root, tallest {tallest} px."
    return sheet(name, shown, [note(words)])
