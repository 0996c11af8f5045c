"""New models for a user: refitted with their own pictures, or only calibrated on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_detector.decision import model_file, rules
from studio_detector.errors import ConfigError
from studio_detector.learning.extract import CACHE, WORKERS, built_in_registry, measure_photos
from studio_detector.learning.judged import FITTING_SPLIT, Labelled
from studio_detector.learning.recalibrate import recalibrate
from studio_detector.learning.train import TrainingPlan, train
from studio_detector.learning.users import users_pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from studio_detector.decision.model import Model
    from studio_detector.learning.dataset import Dataset, Photo
    from studio_detector.learning.users import Added


def check_name(name: str) -> None:
    """Refuse a name that no model may have, before a model is fitted for it.

    Raises:
        ModelError: ``model_invalid`` if it is not made of lower-case letters, digits, - and _.
    """
    replace(rules.build(), name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """How pictures are measured on the way.

    Attributes:
        cache: Folder of the measurements; None for none.
        workers: Processes.
        progress: Called with the number measured and the number to measure.
    """

    cache: Path | None = CACHE
    workers: int = WORKERS
    progress: Callable[[int, int], None] | None = None

    def labelled(self, photos: Sequence[Photo], what: str) -> tuple[Labelled, tuple[str, ...]]:
        """Measure photographs; returns those that could be, and a note for each other one."""
        table = measure_photos(
            photos, cache=self.cache, workers=self.workers, progress=self.progress
        )
        notes = (f"left out {n}: {code}: {text}" for n, (code, text) in table.failures.items())
        return Labelled.of(photos, table).require(what), tuple(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A new model.

    Attributes:
        model: The model.
        notes: What was left out and why, for people.
    """

    model: Model
    notes: tuple[str, ...]


def refitted(
    base: Dataset | None,
    extras: Sequence[Dataset],
    *,
    plan: TrainingPlan,
    measuring: Measuring,
    progress: Callable[[str], None] = lambda _: None,
) -> Variant:
    """Fit a model on a training set and users' pictures together, the way the shipped one is.

    Without extras, and with the plan of the shipped model, it is the shipped model to the last
    byte.

    Args:
        base: The training set; only its split "train" is fitted on. None for none.
        extras: Users' sets.
        plan: How the fit is done.
        measuring: How pictures are measured.
        progress: Told what is being done.

    Raises:
        ConfigError: ``config_invalid_value`` if there is nothing to fit on, or fewer groups
            than folds.
        ModelError: ``model_invalid`` if the measurements do not tell the classes apart.
    """
    added = users_pictures(extras, base)
    if extras:
        _require(added)
    fitted = base.decided().split(FITTING_SPLIT).photos if base is not None else ()
    photos = (*fitted, *added.dataset.photos)
    examples, notes = measuring.labelled(photos, "the training set")
    model = train(
        examples.photos, examples.table, built_in_registry(), plan=plan, progress=progress
    )
    if extras:
        own = {photo.name for photo in added.dataset.photos}
        mine = [photo for photo in examples.photos if photo.name in own]
        card = {
            **model.card,
            "made_by": "studio-detector train --extra",
            "extra": {
                "photographs": len(mine),
                "studio": sum(photo.label == "studio" for photo in mine),
                "natural": sum(photo.label == "natural" for photo in mine),
                "groups": len({photo.group for photo in mine}),
            },
        }
        model = model_file.sealed(replace(model, card=card))
    return Variant(model=model, notes=(*_left_out(added), *notes))


def recalibrated(
    model: Model, sets: Sequence[Dataset], *, name: str, measuring: Measuring
) -> Variant:
    """Calibrate a model anew on users' pictures; see `recalibrate`.

    Args:
        model: The model whose shapes are kept.
        sets: Users' sets; their pictures of other splits than "train" are left out.
        name: Name of the new model.
        measuring: How pictures are measured.

    Raises:
        ConfigError: ``config_invalid_value`` if there are too few pictures.
        ModelError: ``model_invalid`` if the model does not fit the analyses or the pictures.
    """
    added = users_pictures(sets, None)
    examples, notes = measuring.labelled(_require(added).dataset.photos, "the pictures given")
    specs = [analysis.SPEC for analysis in built_in_registry()]
    return Variant(
        model=recalibrate(model, examples, specs, name=name), notes=(*_left_out(added), *notes)
    )


def _require(added: Added) -> Added:
    if not added.dataset.photos:
        raise ConfigError(
            "the folders given hold no picture to learn from "
            f"({', '.join(_left_out(added)) or 'no picture labelled studio or natural'}); "
            "put pictures into their sub-folders studio and natural",
            code="config_invalid_value",
        )
    return added


def _left_out(added: Added) -> tuple[str, ...]:
    counts = (
        (len(added.known), "already in the training set"),
        (added.doubtful, "labelled uncertain"),
        (added.other_splits, f"of other splits than {FITTING_SPLIT}"),
    )
    return tuple(f"left out {count} {why}" for count, why in counts if count)
