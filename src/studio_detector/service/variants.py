"""Variants: named combinations of settings that share the traffic, openly or in the shadow.

Which variant a picture gets depends on nothing but its hash, so that the same picture always
gets the same one, on every machine and after every restart. A *shadow* variant scores pictures
beside the one that answers, and its results are never returned.

What no variant of the file (`variants_file`) takes goes to the settings of the service
themselves, under their own name ("default" unless ``variant`` is set).
"""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError, RequestError
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.versions import pipeline_version
from studio_detector.service.variants_file import Variant, checked_name, read_variants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.decision.policy import Phases
    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.variants_file import MakeSettings

# What decimal shares that add up to 1 may miss it by.
_ROUNDING = 1e-9


class Variants:
    """All variants of a service; thread-safe.

    Args:
        base: Settings of the service itself, which answer for what no other variant takes.
        others: The variants beside, in order.

    Raises:
        ConfigError: ``config_invalid_value`` if names or shares do not fit together.
    """

    def __init__(self, base: Settings, others: Iterable[Variant] = ()) -> None:
        first = Variant(name=checked_name(base.variant), settings=base)
        self._all = {first.name: first}
        for variant in others:
            if variant.name in self._all:
                raise ConfigError(
                    f"two variants are named {variant.name!r}, one of them perhaps the service's "
                    "own settings; rename one",
                    code="config_invalid_value",
                )
            self._all[variant.name] = variant
        self._default = first.name
        self._sharing = [v for v in self._all.values() if not v.is_shadow and v.share > 0]
        self._shadows = [v for v in self._all.values() if v.is_shadow]
        total = math.fsum(variant.share for variant in self._sharing)
        if total > 1 + _ROUNDING:
            raise ConfigError(
                f"the shares of the variants add up to {total:g}; lower them to 1 in all",
                code="config_invalid_value",
            )
        self._detectors: dict[tuple[str, Phases], Detector] = {}
        self._versions: dict[tuple[str, Phases], str] = {}

    @classmethod
    def load(
        cls, base: Settings, file: str | os.PathLike[str] | None, *, make_settings: MakeSettings
    ) -> Variants:
        """Read the variants of a file.

        Args:
            base: See `Variants`.
            file: TOML file; None for the base alone.
            make_settings: See `read_variants`.

        Raises:
            ConfigError: ``config_unreadable``, ``config_unknown_key`` or
                ``config_invalid_value``; and what `Detector` raises for a variant's settings.
            ModelError: Likewise.
        """
        variants = cls(base, () if file is None else read_variants(os.fspath(file), make_settings))
        for name in variants.names:
            # What cannot be loaded is told now, not with the first picture.
            variants.detector(name, variants.settings_of(name).phases)
        return variants

    @property
    def default(self) -> str:
        """Name of the variant that takes what no other does."""
        return self._default

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all variants, the default first."""
        return tuple(self._all)

    @property
    def settings(self) -> dict[str, Settings]:
        """Name -> settings of every variant."""
        return {name: variant.settings for name, variant in self._all.items()}

    def get(self, name: str) -> Variant:
        """The variant of that name.

        Raises:
            RequestError: ``unknown_variant``.
        """
        found = self._all.get(name)
        if found is None:
            raise RequestError(
                f"there is no variant {name!r}; known: {', '.join(self._all)}",
                code="unknown_variant",
            )
        return found

    def settings_of(self, name: str) -> Settings:
        """The settings of a variant; see `get`."""
        return self.get(name).settings

    def detector(self, name: str, phases: Phases) -> Detector:
        """What decides for a variant under a policy of phases, built when first asked for.

        Not for pictures from outside, which belong into a child process.

        Args:
            name: Name of the variant.
            phases: Policy of phases.

        Raises:
            RequestError: ``unknown_variant``.
        """
        found = self._detectors.get((name, phases))
        if found is None:
            # Two threads may both build one; either will do.
            settings = replace(self.settings_of(name), phases=phases, isolate=False)
            found = self._detectors[name, phases] = Detector(settings)
        return found

    def pipeline_version(self, name: str, phases: Phases) -> str:
        """What the numbers of a variant depend on; see `pipeline.versions.pipeline_version`.

        Args:
            name: Name of the variant.
            phases: Policy of phases.

        Raises:
            RequestError: ``unknown_variant``.
        """
        found = self._versions.get((name, phases))
        if found is None:
            found = pipeline_version(self.detector(name, phases))
            self._versions[name, phases] = found
        return found

    def choose(self, image_hash: str) -> str:
        """The variant that answers for a picture.

        The picture's place on a line from 0 to 1, see `place`, falls into the stretch of a
        variant. The stretches lie side by side in the order of the file and begin at 0; what is
        left at the end is the default's. So a variant added at the end takes pictures from the
        default alone, and one whose share grows moves those behind it.

        Args:
            image_hash: SHA-256 of the picture, hex; of an address that was not fetched yet,
                another text that names it.
        """
        where, end = place("share", image_hash), 0.0
        for variant in self._sharing:
            end += variant.share
            if where < end:
                return variant.name
        return self._default

    def shadows(self, name: str, image_hash: str) -> tuple[str, ...]:
        """The variants that score a picture beside the one that answers.

        Args:
            name: The one that answers.
            image_hash: See `choose`. Each shadow draws its own share, independent of the
                others and of who answers.
        """
        return tuple(
            variant.name
            for variant in self._shadows
            if variant.name != name and place(f"shadow {variant.name}", image_hash) < variant.share
        )


def place(purpose: str, image_hash: str) -> float:
    """A picture's place on a line from 0 to 1, 1 excluded.

    Args:
        purpose: What the line is for; the lines of two purposes have nothing to do with each
            other.
        image_hash: Names the picture.

    Returns:
        The first 53 bits of the SHA-256 of ``purpose``, a line feed and ``image_hash`` (UTF-8),
        as a fraction.
    """
    digest = hashlib.sha256(f"{purpose}\n{image_hash}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)
