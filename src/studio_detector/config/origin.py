"""Where a value was set, and a value on its way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Origin:
    """The place a value comes from.

    Attributes:
        kind: Which layer.
        place: The line of the file, the variable or the option; empty for defaults.
    """

    kind: Literal["default", "file", "environment", "option"]
    place: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.place}".rstrip()


#: Where everything comes from that nobody set.
DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A value that was found for a name, unchecked.

    Attributes:
        name: Dotted name as found; may not exist.
        value: The value: typed from a file, text from a variable or an option.
        origin: Where it was found.
        is_text: Whether the value is text that stands for one of another type.
    """

    name: str
    value: object
    origin: Origin
    is_text: bool = False
