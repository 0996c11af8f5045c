"""The model ``rules``: the published weights of the original design, with written ramps.

Each component scores 0..1: the mean of a few ramps, each of which climbs from 0 (natural) to
1 (studio) between two round values of one measure. Nothing is fitted. The ramps come from how
photographers light, and they stay selectable to compare trained models with.

The scores enter as additive evidence, so that a verdict of the rules can be read like any
other: ``log-odds = GAIN * weight * (ramp - 0.5)``, summed. `GAIN` is 4 because the sigmoid
climbs by a quarter at its middle, so around one half the confidence equals the weighted score;
at the ends it stays between 0.119 and 0.881, as rules never are quite sure.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from studio_detector.decision import model_file
from studio_detector.decision.model import Head, Model, Shape
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Name of the model.
NAME = "rules"
#: Changes with every change of a ramp.
VERSION = "1"
#: Log-odds between a weighted score of 0 and of 1.
GAIN = 4.0
#: Share of lighting and of detail where both are known.
LIGHTING_SHARE, DETAIL_SHARE = 0.6, 0.4
#: Confidences called uncertain.
UNCERTAIN_BAND = (0.45, 0.55)

#: Components of phase 1, in running order.
LIGHTING = ("shadow", "highlight", "colour_temperature", "background")
#: Components of phase 3, in running order.
DETAIL = ("frequency", "depth_of_field", "composition", "texture")

#: Weights of the original design, in per cent of their group (lighting, detail).
DEFAULT_RULE_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "shadow": 25.0,
        "highlight": 25.0,
        "colour_temperature": 25.0,
        "background": 25.0,
        "frequency": 30.0,
        "depth_of_field": 25.0,
        "composition": 25.0,
        "texture": 20.0,
    }
)


@dataclass(frozen=True, slots=True)
class Ramp:
    """A score that goes from 0 to 1 between two values of a measure.

    Attributes:
        measure: Full name.
        natural: Value from which on the score is 0.
        studio: Value from which on the score is 1; may be the smaller one.
    """

    measure: str
    natural: float
    studio: float

    def shape(self, log_odds: float) -> Shape:
        """The ramp as a term that runs from ``-log_odds`` to ``log_odds``; missing counts 0."""
        ends = sorted([(self.natural, -log_odds), (self.studio, log_odds)])
        return Shape(
            measure=self.measure,
            knots=tuple(value for value, _ in ends),
            log_odds=tuple(odds for _, odds in ends),
        )


#: The ramps. Each comment says why the light of a studio moves the measure that way.
RAMPS = (
    # Shadows.
    # A dark outline drawn by a large, near source is soft all along; sun cuts some edges hard.
    Ramp("shadow.edge_gradient_p50", 0.30, 0.05),
    # Paper, cloth and lit skin have no texture of their own; a place has it everywhere.
    Ramp("shadow.flat_ratio", 0.10, 0.50),
    # Leaves, furniture and crowds throw many small shadows, a set holds a few large ones.
    Ramp("shadow.outline_ratio", 20.0, 5.0),
    # Where the set falls into black nothing is left in it; a dark room still shows its things.
    Ramp("shadow.texture_levels", 30.0, 10.0),
    # Highlights.
    # Windows, sky between leaves, lamps and wet streets: many lights; a softbox gives few.
    Ramp("highlight.count_log", 4.0, 1.0),
    # On a lit sweep the brightest tones are one connected ground.
    Ramp("highlight.largest_share", 0.20, 0.80),
    # The light sits on the backdrop rather than on things within the scene.
    Ramp("highlight.backdrop_share", 0.0, 0.80),
    # Small glints everywhere come from hard, small, far sources.
    Ramp("highlight.sparkle_level", 100.0, 40.0),
    # Colour temperature.
    # One kind of lamp, white-balanced on: neutrals agree, no warm and cool greys side by side.
    Ramp("colour_temperature.neutral_b_star_deviation", 5.0, 2.0),
    Ramp("colour_temperature.mixed_light_ratio", 0.10, 0.0),
    # Sets are dressed in few colours and grey, white or black grounds.
    Ramp("colour_temperature.neutral_ratio", 0.10, 0.70),
    Ramp("colour_temperature.hue_entropy_bits", 3.5, 1.5),
    # Leaves are the surest sign of the open air.
    Ramp("colour_temperature.foliage_ratio", 0.10, 0.0),
    # Warm sun above blue shade lets b* wander over the picture.
    Ramp("colour_temperature.b_star_spread", 12.0, 3.0),
    # Background.
    # A backdrop reaches at least three sides, skies and walls with a floor reach fewer.
    Ramp("background.side_coverage_second", 0.10, 0.90),
    # The border of a studio picture is empty ...
    Ramp("background.border_gradient_middle", 7.0, 1.0),
    # ... and of one colour.
    Ramp("background.border_one_colour_ratio", 0.10, 0.80),
    # Light falls off over paper smoothly, as a low-order surface.
    Ramp("background.surface_residual", 6.0, 1.0),
    # No skyline, no table edge, no line between wall and floor.
    Ramp("background.horizon_step", 15.0, 1.0),
    # Frequency.
    # Smooth grounds leave little power in fine detail, so the spectrum falls steeper than -2.
    Ramp("frequency.slope", -2.0, -3.0),
    # Plain blocks around the subject.
    Ramp("frequency.flat_border_block_ratio", 0.0, 0.60),
    # Places have structure down to the finest scale up to the border.
    Ramp("frequency.busy_border_block_ratio", 0.80, 0.20),
    # The power is where the subject is.
    Ramp("frequency.power_inequality", 0.45, 0.75),
    # Depth of field.
    # A subject before an empty ground is far sharper than the cell in the middle of the ranking.
    Ramp("depth_of_field.falloff_db", 6.0, 24.0),
    # The border holds nothing that could be sharp; a street is sharp everywhere.
    Ramp("depth_of_field.subject_border_db", 0.0, 18.0),
    # Neither forms nor detail: a ground, not merely something out of focus.
    Ramp("depth_of_field.plain_border_ratio", 0.0, 0.60),
    # Two sides of a set are plain, those of a blurred garden still hold large forms.
    Ramp("depth_of_field.plainer_sides_structure_db", 15.0, 0.0),
    # Composition.
    # The photographer of a set puts the subject in the middle of an empty frame ...
    Ramp("composition.centre_concentration", 1.0, 2.0),
    Ramp("composition.negative_space_ratio", 0.20, 0.70),
    # ... clear of its border ...
    Ramp("composition.subject_border_ratio", 0.30, 0.0),
    # ... which the ground fills with a handful of colours.
    Ramp("composition.border_main_colour_ratio", 0.30, 0.90),
    # Texture.
    # Paper at the border: equal neighbours, few pairs of tones, even on the busiest side.
    Ramp("texture.border_homogeneity", 0.85, 1.0),
    Ramp("texture.border_entropy_bits", 3.5, 0.5),
    Ramp("texture.border_greatest_contrast", 0.60, 0.10),
    # The subject has texture, its ground has none.
    Ramp("texture.difference_entropy_bits", 0.0, 2.0),
)


def build(weights: Mapping[str, float] | None = None) -> Model:
    """Build the model.

    Args:
        weights: Component -> weight, >= 0, replacing the documented ones; components left out
            keep theirs. Within lighting and within detail only the ratios matter.

    Returns:
        The model with its digest, which changes with the weights.

    Raises:
        ConfigError: ``config_unknown_key`` for a component that does not exist,
            ``config_invalid_value`` for a weight that is negative or not finite, or if all
            weights of a group are 0.
    """
    chosen = {**DEFAULT_RULE_WEIGHTS, **_checked(weights or {})}
    lighting = _normalised(chosen, LIGHTING)
    detail = _normalised(chosen, DETAIL)
    full = {name: LIGHTING_SHARE * weight for name, weight in lighting.items()} | {
        name: DETAIL_SHARE * weight for name, weight in detail.items()
    }
    return model_file.sealed(
        Model(
            name=NAME,
            version=VERSION,
            digest="",
            lighting=_head(lighting),
            full=_head(full),
            uncertain_low=UNCERTAIN_BAND[0],
            uncertain_high=UNCERTAIN_BAND[1],
            card={"weights": {**lighting, **detail}, "gain": GAIN},
        )
    )


def _head(weights: Mapping[str, float]) -> Head:
    ramps = {name: [r for r in RAMPS if r.measure.startswith(f"{name}.")] for name in weights}
    return Head(
        intercept=0.0,
        shapes=tuple(
            ramp.shape(GAIN * weight * 0.5 / len(ramps[name]))
            for name, weight in weights.items()
            for ramp in ramps[name]
        ),
    )


def _normalised(weights: Mapping[str, float], group: tuple[str, ...]) -> dict[str, float]:
    total = math.fsum(weights[name] for name in group)
    if total <= 0:
        raise ConfigError(
            f"all weights of {', '.join(group)} are 0; give at least one of them a weight",
            code="config_invalid_value",
        )
    return {name: weights[name] / total for name in group}


def _checked(weights: Mapping[str, float]) -> Mapping[str, float]:
    for name, weight in weights.items():
        if name not in DEFAULT_RULE_WEIGHTS:
            near = difflib.get_close_matches(name, DEFAULT_RULE_WEIGHTS, n=1)
            known = ", ".join(DEFAULT_RULE_WEIGHTS)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {known}"
            raise ConfigError(
                f"the rules have no component {name!r}; {hint}", code="config_unknown_key"
            )
        if not (math.isfinite(weight) and weight >= 0):
            raise ConfigError(
                f"the weight of {name!r} must be a finite number of at least 0; got {weight}",
                code="config_invalid_value",
            )
    return weights
