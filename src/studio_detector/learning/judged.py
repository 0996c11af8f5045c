"""What the commands have in common: photographs of a set, measured and ready to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.learning.dataset import Dataset, Photo
    from studio_detector.learning.measurements import MeasurementTable

#: Split judged when none is named and the set has it.
DEFAULT_SPLIT = "test"
#: Split that is fitted on.
FITTING_SPLIT = "train"
#: What a set taken whole is called.
WHOLE = "all"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Measured photographs with their truth.

    Attributes:
        photos: The photographs; all decided, all measured.
        table: Their measurements, in the same order.
        studio: Truth, bool.
        groups: Group of each.
    """

    photos: tuple[Photo, ...]
    table: MeasurementTable
    studio: npt.NDArray[np.bool_]
    groups: tuple[str, ...]

    @classmethod
    def of(cls, photos: Sequence[Photo], table: MeasurementTable) -> Labelled:
        """The decided photographs among some that could be measured.

        Args:
            photos: Photographs of any label.
            table: A table that holds them, failures included.
        """
        kept = [p for p in photos if p.label != "uncertain" and p.name not in table.failures]
        return cls(
            photos=tuple(kept),
            table=table.of([photo.name for photo in kept]),
            studio=np.array([photo.label == "studio" for photo in kept], dtype=np.bool_),
            groups=tuple(photo.group for photo in kept),
        )

    def rows(self, indices: npt.NDArray[np.intp]) -> Labelled:
        """Some of them."""
        return Labelled.of([self.photos[i] for i in indices], self.table)

    def require(self, what: str) -> Labelled:
        """Return itself.

        Args:
            what: What was looked for, for the message.

        Raises:
            ConfigError: ``config_invalid_value`` if there is none.
        """
        if not self.photos:
            raise ConfigError(
                f"none of the decided photographs of {what} could be analysed; check that there "
                "are some, and that the files are where the labels say",
                code="config_invalid_value",
            )
        return self


def chosen_split(dataset: Dataset, split: str | None) -> tuple[str, Dataset]:
    """The photographs of a split and its name.

    Args:
        dataset: The set.
        split: Its name; None for `DEFAULT_SPLIT` where the set has it, else the whole set.

    Raises:
        ConfigError: ``config_invalid_value`` if the set has no such split.
    """
    if split is None and all(photo.split != DEFAULT_SPLIT for photo in dataset.photos):
        return WHOLE, dataset
    return split or DEFAULT_SPLIT, dataset.split(split or DEFAULT_SPLIT)
