"""What pictures count for: their megapixels, as they declare them, before anybody decodes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.errors import AccessError
from studio_detector.imaging.declared_size import declared_pixels
from studio_detector.service.rates.refusal import refusal

if TYPE_CHECKING:
    from studio_detector.service.rates.base import Rates, Verdict

# What the smallest JPEGs have for each byte; for files that declare nothing.
_PIXELS_OF_A_BYTE = 10
#: What is taken for a picture that is still to be fetched: those of most cameras have less.
MEGAPIXELS_OF_ADDRESS = 24


def megapixels_of(data: bytes, most_pixels: int) -> int:
    """What a picture counts for, at least 1.

    Args:
        data: The file.
        most_pixels: Larger pictures are refused by their header, whatever they declare, and
            count for no more than this.
    """
    pixels = declared_pixels(data) or len(data) * _PIXELS_OF_A_BYTE
    return max(1, -(-min(pixels, most_pixels) // 1_000_000))


def charge(rates: Rates, tenant: str, megapixels: int) -> None:
    """Count pictures that are about to be accepted.

    Args:
        rates: Count.
        tenant: Whose they are.
        megapixels: Of all of them.

    Raises:
        AccessError: ``rate_limited``; then nothing was counted.
    """
    if not megapixels:
        return
    verdict = rates.hit({"megapixels": tenant}, cost=megapixels)
    if verdict is not None and not verdict.is_allowed:
        raise _refused(verdict, megapixels)


class Purse:
    """Charges for pictures that come one by one and are accepted together or not at all.

    Args:
        rates: Count.
        tenant: Whose they are.
        most_pixels: See `megapixels_of`.
    """

    def __init__(self, rates: Rates, tenant: str, most_pixels: int) -> None:
        self._most_pixels = most_pixels
        self._rates = rates
        self._tenant = tenant
        self._left = self._tried(1)
        self._spent = 0

    def add(self, data: bytes) -> None:
        """Take note of a picture.

        Args:
            data: The file.

        Raises:
            AccessError: ``rate_limited`` as soon as they are more than can be paid for.
        """
        self._spent += megapixels_of(data, self._most_pixels)
        if self._left is None or self._spent <= self._left.remaining:
            return
        self._left = self._tried(self._spent)
        if self._left is not None and not self._left.is_allowed:
            raise _refused(self._left, self._spent)

    def pay(self) -> None:
        """Count all of them.

        Raises:
            AccessError: ``rate_limited``; then nothing was counted.
        """
        charge(self._rates, self._tenant, self._spent)

    def _tried(self, megapixels: int) -> Verdict | None:
        return self._rates.hit({"megapixels": self._tenant}, cost=megapixels, is_trial=True)


def _refused(verdict: Verdict, megapixels: int) -> AccessError:
    if megapixels <= verdict.limit:
        return refusal(verdict)
    return AccessError(
        f"the request has {megapixels} megapixels or more, and {verdict.limit} are taken at once "
        "(rate_megapixels); send smaller pictures, or fewer of them",
        code="rate_limited",
        retry_after_s=verdict.window_s,
    )
