"""The file that was agreed on, and how what is there now differs from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tools.surface.command_line import command_lines
from tools.surface.documents import code_lines, http_lines, setting_lines
from tools.surface.python_api import python_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PATH = Path(__file__).resolve().parents[2] / "docs" / "api-surface.txt"

_HEAD = """\
# What others rely on, one thing a line. A change here is a change for them: it belongs into
# CHANGELOG.md, and what is gone or asks for more waits for a release that may break things.
# `make api-lock` writes this file; a test compares it with the code.
"""
_BETWEEN = "  "

SECTIONS: Mapping[str, Callable[[], Iterable[tuple[str, str]]]] = {
    "Python": python_lines,
    "command line": command_lines,
    "settings": setting_lines,
    "error codes": code_lines,
    "HTTP": http_lines,
}


def surface() -> dict[str, dict[str, str]]:
    """Section -> name -> what it takes, is or gives; as the code has it."""
    return {title: dict(lines()) for title, lines in SECTIONS.items()}


def as_text(found: Mapping[str, Mapping[str, str]]) -> str:
    """The file."""
    parts = [_HEAD]
    for title, lines in found.items():
        parts.append(f"\n[{title}]\n")
        parts += [
            f"{name}{_BETWEEN}{detail}".rstrip() + "\n" for name, detail in sorted(lines.items())
        ]
    return "".join(parts)


def from_text(text: str) -> dict[str, dict[str, str]]:
    """Read the file again."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, detail = line.partition(_BETWEEN)
            section[name] = detail
    return found


def differences(
    agreed: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """What is gone, what is other than it was, and what is new, in sentences."""
    told = []
    for title in dict.fromkeys((*agreed, *now)):
        old, new = agreed.get(title, {}), now.get(title, {})
        told += [f"gone from {title}: {name}" for name in old if name not in new]
        told += [
            f"changed in {title}: {name}\n  was  {old[name]}\n  is   {new[name]}"
            for name in old
            if name in new and old[name] != new[name]
        ]
        told += [f"new in {title}: {name}  {new[name]}" for name in new if name not in old]
    return told
