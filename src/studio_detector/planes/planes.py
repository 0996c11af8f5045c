"""The shared planes of one picture: each computed at most once, on demand, read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from studio_detector.planes import colour, gradients, masks, scale, spectrum
from studio_detector.planes.spent import Spent, plane
from studio_detector.planes.statistics import Histogram

if TYPE_CHECKING:
    import numpy.typing as npt

    Uint8 = npt.NDArray[np.uint8]
    Float32 = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

_T = TypeVar("_T", bound="npt.NDArray[np.generic]")

#: Long side of `Planes.reduced`: half the usual working size, where JPEG blocks and sensor
#: noise have averaged out and a picture twice as large looks the same.
REDUCED_SIDE_PX = 256


class Planes:
    """Everything analyses share about one picture.

    All planes have the picture's rows and columns unless they say otherwise, and refuse
    writing. Nothing is computed before it is asked for. Analyses take their arrays from
    here and never convert colours themselves, so that overlays show what was measured.

    Args:
        rgb: uint8 array of shape (rows, columns, 3), sRGB, at least 1x1. Kept as it is when
            it is read-only and contiguous, copied otherwise.
        spent: Adds up the time that planes take; None begins a sum of its own.

    Attributes:
        spent: The time that all planes of the picture took so far, reduced ones included.

    Raises:
        ValueError: If ``rgb`` is of another type or shape, or has no pixels.
    """

    def __init__(self, rgb: Uint8, *, spent: Spent | None = None) -> None:
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
            raise ValueError(
                f"planes need uint8 (rows, columns, 3) with at least one pixel, "
                f"got {rgb.dtype} {rgb.shape}; decode the picture with studio_detector.imaging"
            )
        shareable = rgb.flags.c_contiguous and not rgb.flags.writeable
        self._rgb = rgb if shareable else _sealed(rgb.copy(order="C"))
        self._long_side_px = max(rgb.shape[:2])
        self._reduced: dict[int, Planes] = {}
        self._covers: dict[int, Uint8] = {}
        self.spent = Spent() if spent is None else spent

    @property
    def rgb(self) -> Uint8:
        """The picture itself: uint8 (rows, columns, 3), sRGB, 0..255."""
        return self._rgb

    @property
    def rows_px(self) -> int:
        """Number of rows."""
        return int(self._rgb.shape[0])

    @property
    def columns_px(self) -> int:
        """Number of columns."""
        return int(self._rgb.shape[1])

    @property
    def short_side_px(self) -> int:
        """The smaller of rows and columns; analyses give up below their own minimum."""
        return min(self.rows_px, self.columns_px)

    # Scale

    def at(self, long_side_px: int) -> Planes:
        """The planes of the same picture, reduced by area averaging to a long side.

        Measures taken at a fixed side do not depend on the picture's size, hardly on JPEG
        coding, and cost a fraction. The way down is in halves (`scale.reduced`), and every
        halfway size is shared.

        Args:
            long_side_px: Largest side wanted, at least 1.

        Returns:
            Planes with that long side, made once; ``self`` when the picture is not larger.
        """
        found = self._reduced.get(long_side_px)
        if found is None:
            if self._long_side_px <= long_side_px:
                return self
            larger = self.at(2 * long_side_px)
            if larger is self:
                with self.spent:
                    rgb = _sealed(scale.reduced(self._rgb, long_side_px))
                found = Planes(rgb, spent=self.spent)
            else:
                found = larger.at(long_side_px)
            self._reduced[long_side_px] = found
        return found

    @property
    def reduced(self) -> Planes:
        """The planes at a long side of at most `REDUCED_SIDE_PX`: what most measures use."""
        return self.at(REDUCED_SIDE_PX)

    # Colour

    @plane
    def luma(self) -> Uint8:
        """Luma Y' of Rec. 601 from sRGB values: uint8 (rows, columns), 0..255."""
        return _sealed(colour.luma(self._rgb))

    @plane
    def luma_float(self) -> Float32:
        """`luma` as float32, 0..255, for arithmetic without wrapping."""
        return _sealed(self.luma.astype(np.float32))

    @plane
    def lab(self) -> Uint8:
        """CIE LAB under D65 as OpenCV packs it: uint8 (rows, columns, 3).

        L* x 255/100, a* + 128, b* + 128; `colour.unpacked` gives a colour's CIE values.
        Counts and means of it are exact, and one call serves three channels.
        """
        return _sealed(colour.lab_uint8(self._rgb))

    @plane
    def lightness(self) -> Float32:
        """CIE L* under D65: float32 (rows, columns), 0..100, in steps of 100/255."""
        return _sealed(colour.lightness(self.lab))

    @plane
    def a_star(self) -> Float32:
        """CIE a* under D65 (green negative, red positive): float32, -128..127, whole steps."""
        return _sealed(colour.opponent(self.lab, 1))

    @plane
    def b_star(self) -> Float32:
        """CIE b* under D65 (blue negative, yellow positive): float32, -128..127, whole steps."""
        return _sealed(colour.opponent(self.lab, 2))

    @plane
    def chroma(self) -> Float32:
        """CIE C*ab = hypot(a*, b*): float32 (rows, columns), 0..181."""
        return _sealed(gradients.length(self.a_star, self.b_star))

    @plane
    def _hsv(self) -> Uint8:
        return colour.hsv_uint8(self._rgb)

    @plane
    def hue_deg(self) -> Float32:
        """HSV hue: float32 (rows, columns), 0..358 in steps of 2 degrees; 0 where grey."""
        return _sealed(colour.hue_deg(self._hsv))

    @plane
    def saturation(self) -> Uint8:
        """HSV saturation: uint8 (rows, columns), 0..255."""
        return _sealed(cv2.extractChannel(self._hsv, 1).astype(np.uint8, copy=False))

    @plane
    def brightest_channel(self) -> Uint8:
        """HSV value, the largest of R, G and B: uint8 (rows, columns), 0..255."""
        return _sealed(cv2.extractChannel(self._hsv, 2).astype(np.uint8, copy=False))

    @plane
    def luma_histogram(self) -> Histogram:
        """Histogram of `luma` over its 256 levels; gives percentiles without sorting."""
        return Histogram.of(self.luma)

    # Gradients

    @plane
    def gradient_columns(self) -> Float32:
        """Derivative of luma along a row (to the right): float32, levels per px, -255..255."""
        return _sealed(gradients.sobel(self.luma, along="columns"))

    @plane
    def gradient_rows(self) -> Float32:
        """Derivative of luma down a column: float32, levels per px, -255..255."""
        return _sealed(gradients.sobel(self.luma, along="rows"))

    @plane
    def gradient_magnitude(self) -> Float32:
        """Length of the luma gradient: float32, levels per px, 0..361."""
        return _sealed(gradients.length(self.gradient_columns, self.gradient_rows))

    @plane
    def gradient_direction_deg(self) -> Float32:
        """Direction in which luma rises: float32, 0..360; 0 = right, 90 = down."""
        return _sealed(gradients.direction_deg(self.gradient_columns, self.gradient_rows))

    @plane
    def laplacian(self) -> Float32:
        """Laplacian of luma (3x3, four neighbours): float32, levels per px squared."""
        return _sealed(gradients.laplacian(self.luma))

    @plane
    def edges(self) -> Mask:
        """Where `gradient_magnitude` passes `gradients.EDGE_LEVELS_PER_PX`: bool."""
        return _sealed(gradients.edges(self.gradient_magnitude))

    # Neighbourhoods

    @plane
    def local_mean(self) -> Float32:
        """Mean luma in a window of `gradients.WINDOW_PX` squared: float32, 0..255."""
        return _sealed(gradients.local_mean(self.luma))

    @plane
    def local_variance(self) -> Float32:
        """Variance of luma in the same window: float32, levels squared, 0..16257."""
        return _sealed(gradients.local_variance(self.luma, self.local_mean))

    # Masks

    @plane
    def highlights(self) -> masks.Highlights:
        """Bright areas by an adaptive threshold, with their connected components."""
        return masks.highlights(self.luma, self.luma_histogram)

    @plane
    def shadow(self) -> Mask:
        """Dark areas by an adaptive threshold: bool (rows, columns)."""
        return _sealed(masks.shadow(self.luma, self.luma_histogram))

    @plane
    def backdrop(self) -> Mask:
        """The smooth region that can be reached from the border: bool (rows, columns).

        Found at a long side of `REDUCED_SIDE_PX`, so that it does not depend on the
        picture's size, and enlarged to the picture.
        """
        coarse = self.reduced
        if coarse is self:
            return _sealed(masks.backdrop(self.gradient_magnitude))
        return _sealed(masks.enlarged(coarse.backdrop, self.rows_px, self.columns_px))

    def backdrop_cover(self, long_side_px: int) -> Uint8:
        """How much of each pixel of ``at(long_side_px)`` lies on the `backdrop`.

        Returns:
            uint8, 0..255: 0 is subject, `scale.COVERED` is backdrop, and what lies between
            belongs to neither, for it mixes their tones.
        """
        if long_side_px not in self._covers:
            with self.spent:
                self._covers[long_side_px] = _sealed(scale.cover(self.backdrop, long_side_px))
        return self._covers[long_side_px]

    @plane
    def border(self) -> Mask:
        """The frame `masks.BORDER_RATIO` of the short side wide around the picture: bool."""
        return _sealed(masks.border(self.rows_px, self.columns_px))

    @property
    def inside_border(self) -> tuple[slice, slice]:
        """Rows and columns of what `border` leaves; may be empty."""
        return masks.inside_border(self.rows_px, self.columns_px)

    # Spectrum

    @plane
    def spectrum(self) -> spectrum.Spectrum:
        """Power spectrum of the luma under a Hann window, with its frequency axes."""
        return spectrum.power_spectrum(self.luma_float)


def grid_mean(plane: npt.NDArray[np.generic], cells: int = 8) -> npt.NDArray[np.float64]:
    """Mean of a plane over a grid of equal cells that tile it exactly.

    Args:
        plane: Numeric or bool array of shape (rows, columns) or (rows, columns, channels).
        cells: Cells along each side.

    Returns:
        float64 array of shape (cells, cells) or (cells, cells, channels). Sides shorter than
        ``cells`` repeat pixels.
    """
    # INTER_AREA with an enlarged side would interpolate; repeating keeps means exact.
    rows, columns = plane.shape[:2]
    if rows < cells:
        plane = np.repeat(plane, -(-cells // rows), axis=0)
    if columns < cells:
        plane = np.repeat(plane, -(-cells // columns), axis=1)
    small = cv2.resize(
        np.ascontiguousarray(plane, dtype=np.float32), (cells, cells), interpolation=cv2.INTER_AREA
    )
    return small.astype(np.float64)


def _sealed(array: _T) -> _T:
    array.setflags(write=False)
    return array
