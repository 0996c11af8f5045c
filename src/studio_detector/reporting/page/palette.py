"""Colours of the pages, for light and for dark screens; each pair of text and ground passes AA."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Orange and blue of Okabe and Ito for bars and marks, which need 3:1 against the ground ...
LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#ffffff",
        "ink": "#1a1a1a",
        "soft": "#5a5a5a",
        "line": "#d4d4d0",
        "studio": "#d55e00",
        "natural": "#0072b2",
        # ... and darker ones for words, which need 4.5:1.
        "studio-text": "#9c4500",
        "natural-text": "#005a8d",
        "uncertain-text": "#6b2f77",
        "mark": "#1a1a1a",
        "note": "#fff6d6",
        "link": "#00507d",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#161616",
        "ink": "#f0f0ee",
        "soft": "#b8b8b4",
        "line": "#444444",
        "studio": "#e8853a",
        "natural": "#56b4e9",
        "studio-text": "#f2a56b",
        "natural-text": "#8ccbf2",
        "uncertain-text": "#dba9e6",
        "mark": "#f0f0ee",
        "note": "#3a3310",
        "link": "#9ad1f5",
    }
)


def variables(colours: Mapping[str, str]) -> str:
    """The colours as custom properties of CSS."""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
