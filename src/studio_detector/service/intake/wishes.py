"""What a sender wants done with a picture, beside the picture itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_detector.decision.policy import Phases
    from studio_detector.service.records import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Wishes for one picture or for all of a batch.

    Attributes:
        priority: Which queue the job waits in.
        phases: Policy of phases; None takes the variant's.
        variant: Name of the variant; None lets the picture's hash choose.
        callback_url: Whom to tell when it is over; None tells nobody.
        near_duplicates: Whether the result of a picture that looks alike will do.
        subject: Tag of who is shown, in the sender's words; None names nobody.
    """

    priority: Priority = "standard"
    phases: Phases | None = None
    variant: str | None = None
    callback_url: str | None = None
    near_duplicates: bool = False
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAddress:
    """One picture of a batch that is to be fetched.

    Attributes:
        url: Its address.
        name: What the sender calls it; None without.
    """

    url: str
    name: str | None = None
