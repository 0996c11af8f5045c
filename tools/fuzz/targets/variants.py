"""The file of variants."""

from __future__ import annotations

from functools import partial

from studio_detector.config.load import settings_from_values
from studio_detector.pipeline.settings import Settings
from studio_detector.service.variants_file import checked_name, read_variants
from tools.fuzz.file import written
from tools.fuzz.target import Target

_MAKE = partial(settings_from_values, Settings(), place="variants")


def check(data: bytes) -> None:
    """Every variant has a name of its own and a share of something."""
    found = read_variants(written("variants.toml", data), _MAKE)
    names = [variant.name for variant in found]
    if len(set(names)) != len(names):
        raise AssertionError(names)
    for variant in found:
        checked_name(variant.name)
        if not 0 <= variant.share <= 1 or variant.settings.variant != variant.name:
            raise AssertionError(variant)


TARGET = Target(
    title="the file of variants",
    check=check,
)
