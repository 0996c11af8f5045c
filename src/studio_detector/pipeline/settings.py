"""Every setting of the pipeline, in one frozen object, each with its bounds.

The bounds are annotations that the config room checks at the process border; a setting
exists here and nowhere else, and its docstring line is its documentation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le

from studio_detector.analysis.network.engine import (
    EngineName,  # noqa: TC001 - read by the config room
)
from studio_detector.decision.policy import Phases  # noqa: TC001 - read by the config room
from studio_detector.errors import ConfigError
from studio_detector.imaging.limits import Limits

#: A probability.
Probability = Annotated[float, Ge(0), Le(1)]
#: A weight relative to the others.
Weight = Annotated[float, Ge(0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set.

    Attributes:
        working_size_px: Long side to which pictures are reduced before measuring.
        limits: Largest pictures accepted; see `Limits`.
        isolate: Decode in a child process behind memory and time limits.
        disabled_analyses: Names of analyses that do not run; the model treats their
            measures as missing.
        network_engine: What computes the network: "opencv", "onnxruntime" (extra ``fast``) or
            "auto", which takes ONNX Runtime where it is installed. Their logits differ by
            rounding alone, see docs/network.md.
        model: Name of a shipped model, or path of a model file.
        phases: "auto" (detail only in doubt), "lighting" (never) or "all" (every analysis,
            whatever the model reads).
        doubt_low: Lowest confidence of the lighting phase at which detail runs.
        doubt_high: Highest confidence of the lighting phase at which detail runs.
        uncertain_low: Lower end of the band labelled uncertain; None takes the model's.
        uncertain_high: Upper end of the band labelled uncertain; None takes the model's.
        rule_weights: Weight of each component in the model ``rules``, by analysis name;
            None takes the documented weights.
        variant: Name of this combination of settings, carried by every report.

    Raises:
        ConfigError: ``config_invalid_value`` if the bounds of a band stand the wrong way round,
            or the band labelled uncertain leaves out even odds.
    """

    working_size_px: Annotated[int, Ge(64), Le(4096)] = 512
    limits: Limits = field(default_factory=Limits)
    isolate: bool = False
    disabled_analyses: tuple[str, ...] = ()
    network_engine: EngineName = "auto"
    model: str = "full"
    phases: Phases = "auto"
    doubt_low: Probability = 0.3
    doubt_high: Probability = 0.7
    uncertain_low: Probability | None = None
    uncertain_high: Probability | None = None
    rule_weights: dict[str, Weight] | None = None
    variant: str = "default"

    def __post_init__(self) -> None:
        if self.doubt_low > self.doubt_high:
            raise ConfigError(
                f"doubt_low is {self.doubt_low:g}, above doubt_high with {self.doubt_high:g}; "
                "detail could never run: lower the first or raise the second",
                code="config_invalid_value",
            )
        low = 0.5 if self.uncertain_low is None else self.uncertain_low
        high = 0.5 if self.uncertain_high is None else self.uncertain_high
        if not low <= 0.5 <= high:
            raise ConfigError(
                f"uncertain_low is {self.uncertain_low} and uncertain_high is "
                f"{self.uncertain_high}; the band labelled uncertain must hold 0.5, or the least "
                "sure verdicts would have a label and surer ones none",
                code="config_invalid_value",
            )
