"""How far a confidence can be taken at its word, by what the model's card tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Training photographs of about the same confidence, judged without having been seen.

    Attributes:
        low: Least confidence of the part.
        high: Largest.
        photographs: How many there were.
        studio: Share of studio among them at equal prevalence, 0..1.
    """

    low: float
    high: float
    photographs: int
    studio: float


def reliability_of(confidence: float, card: Mapping[str, object]) -> Reliability | None:
    """Look up the part of the card a confidence falls into.

    Args:
        confidence: P(studio), 0..1.
        card: The model's card.

    Returns:
        That part; None where the card has none (the model ``rules``, older models).
    """
    entries = cast("Sequence[Mapping[str, float]]", card.get("reliability") or ())
    for entry in entries:
        last = entry is entries[-1]
        if entry["low"] <= confidence and (confidence < entry["high"] or last):
            return Reliability(
                low=entry["low"],
                high=entry["high"],
                photographs=int(entry["photographs"]),
                studio=entry["studio"],
            )
    return None


def reliability_words(found: Reliability | None) -> str:
    """The statement in one sentence."""
    if found is None:
        return "The model's card does not say how often such a confidence is right."
    return (
        f"Of {found.photographs} training photographs with a confidence of {found.low:g} to "
        f"{found.high:g}, judged by models that had not seen their photographers, "
        f"{found.studio:.1%} were studio (both kinds weighing the same)."
    )
