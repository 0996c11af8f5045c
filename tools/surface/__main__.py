"""Compare what others rely on with docs/api-surface.txt, and write that file anew.

Usage: python -m tools.surface [--check]

With --check nothing is written; the exit status is 1 if something differs.
"""

from __future__ import annotations

import sys

from tools.surface.lock import PATH, as_text, differences, from_text, surface


def main(arguments: list[str]) -> int:
    """Say what differs, and write it down unless it is only to be checked."""
    is_check = arguments == ["--check"]
    if arguments and not is_check:
        print(__doc__)
        return 2
    agreed = from_text(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    now = surface()
    told = differences(agreed, now)
    print("\n".join(told) if told else "nothing differs")
    if not is_check:
        PATH.write_text(as_text(now), encoding="utf-8")
    return 1 if is_check and told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
