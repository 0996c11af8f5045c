"""Words for scores, so that a reader need not remember which end is studio."""

from __future__ import annotations

#: Score from which a component is called studio-like. A component at 0.75 alone moves even
#: odds to 3:1; the bands lie mirrored around one half.
STUDIO_LIKE = 0.75
#: Score from which it leans to studio: odds of 3:2.
LEANS_STUDIO = 0.6
#: Score up to which it leans to natural light: odds of 2:3.
LEANS_NATURAL = 0.4
#: Score up to which it is called natural-like: odds of 1:3.
NATURAL_LIKE = 0.25


def score_words(score: float) -> str:
    """Say what a score means.

    Args:
        score: A component's score or a confidence, 0..1, 1 = studio.

    Returns:
        "studio-like", "leans studio", "undecided", "leans natural" or "natural-like".
    """
    if score >= STUDIO_LIKE:
        return "studio-like"
    if score >= LEANS_STUDIO:
        return "leans studio"
    if score <= NATURAL_LIKE:
        return "natural-like"
    if score <= LEANS_NATURAL:
        return "leans natural"
    return "undecided"


def counted(count: int, noun: str) -> str:
    """Return "1 photo", "2 photos": a count with its noun in the right number."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
