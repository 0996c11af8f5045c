"""The explanation of a result as models, for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from studio_detector.service.api.requested import Label  # noqa: TC001 - pydantic reads it
from studio_detector.service.api.schemas import Answered

_TURNS = Literal["studio", "natural"]


class WaterfallStep(Answered):
    """One step from the odds before looking to the verdict."""

    measure: str | None = Field(
        description="Full name; null for the intercept, and for the sum of the weakest.",
        examples=["shadow.flat_ratio"],
    )
    words: str = Field(examples=["shadow: share of the picture without texture"])
    value: str | None = Field(description="With its unit.", examples=["0.53"])
    log_odds: float = Field(description="What it adds; above 0 speaks for studio.", examples=[0.4])
    sum: float = Field(description="Of all steps up to this one.", examples=[1.2])


class ExplainedWaterfall(Answered):
    """The evidence, the strongest first."""

    steps: list[WaterfallStep] = Field(description="Their `log_odds` add up to `logit`.")
    logit: float = Field(description="Of the verdict, before calibration.", examples=[2.4])


class FlipChange(Answered):
    """One measurement that would have to read otherwise."""

    measure: str = Field(examples=["shadow.flat_ratio"])
    words: str
    value: str = Field(description="What it reads.", examples=["0.53"])
    needed: str = Field(description="What it would have to read.", examples=["0.12"])
    log_odds: float
    needed_log_odds: float


class ExplainedFlip(Answered):
    """The fewest measurements that would turn the verdict."""

    turns_to: _TURNS
    missing_log_odds: float = Field(ge=0, examples=[1.7])
    changes: list[FlipChange] = Field(description="Empty where nothing suffices.")


class ExplainedReliability(Answered):
    """How often such a confidence was right among training photographs."""

    low: float = Field(description="Least confidence of the part.", examples=[0.9])
    high: float = Field(examples=[1.0])
    photographs: int = Field(examples=[412])
    studio: float = Field(description="Share of studio at equal prevalence.", examples=[0.97])


class MeasureSpread(Answered):
    """Values that a measure takes in the training photographs of both classes."""

    shares: list[float] = Field(
        description="At these quantiles.", examples=[[0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]]
    )
    studio: list[float]
    natural: list[float]


class ExplainedTerm(Answered):
    """A term of the model, or a measure that it does not read."""

    measures: list[str] = Field(examples=[["shadow.flat_ratio"]])
    words: str = Field(description="What it looks at.")
    remark: str = Field(description='What a high value means; "" where that depends.')
    value: str = Field(description="With its unit, or why there is none.", examples=["0.53"])
    values: list[float | None] = Field(examples=[[0.53]])
    log_odds: float | None = Field(description="Null where the model does not read it.")
    spread: MeasureSpread | None = Field(description="Null for terms of two and for plugins'.")


class ExplainedCard(Answered):
    """One component."""

    name: str = Field(examples=["shadow"])
    title: str = Field(examples=["Shadows"])
    summary: str
    ran: bool = Field(description="Whether it was measured.")
    score: float | None = Field(description="0..1; null where the model reads nothing of it.")
    says: str = Field(description="The score in words.", examples=["leans studio"])
    log_odds: float = Field(description="With the intercept they add up to the logit.")
    terms: list[ExplainedTerm] = Field(description="The strongest first.")
    unread: list[ExplainedTerm] = Field(description="What else was measured.")


class Explanation(Answered):
    """Why a result is what it is, as its page tells it."""

    waterfall: ExplainedWaterfall
    flip: ExplainedFlip | None = Field(description="Null where the model is no longer there.")
    flip_of_cues: ExplainedFlip | None = Field(
        description="With the network's opinion as it is; null where the model reads none."
    )
    reliability: ExplainedReliability | None
    phases: str = Field(description="Which ran, and why.")
    cautions: list[str] = Field(description="What to keep in mind.")
    timing_ms: dict[str, float | None] = Field(
        examples=[{"decode": 8.1, "lighting": 30.2, "network": 12.4, "detail": None, "total": 50.9}]
    )
    cards: list[ExplainedCard]


class ExplainedResult(Explanation):
    """The same behind the verdict that is explained."""

    id: str = Field(description="Of the result.")
    is_studio: bool = Field(description="Confidence above one half.")
    confidence: float = Field(ge=0, le=1, description="Calibrated P(studio).", examples=[0.93])
    label: Label
    model: str = Field(examples=["shipped@1+0123456789ab"])
    variant: str = Field(examples=["default"])
