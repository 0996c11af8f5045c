"""Ask whether what is locked has known weaknesses.

Usage: audit_deps.py [--strict] [--service URL]

Exits with 1 where there are some. Where the service that knows them cannot be reached, it says
that nothing was looked up, and exits with 0, so that tests go on without a network; with --strict
it exits with 2. --service asks another one of the same kind (OSV).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Weakness that does not concern us -> why; ended with the reason.
ACCEPTED: dict[str, str] = {}

FOUND = 1
NOT_LOOKED_UP = 2
_TIMEOUT_S = 60
# What uv says of an address that gives no answer, or none that it understands.
_UNREACHED = ("error sending request", "HTTP status", "timed out", "error decoding response body")


def command(service: str | None) -> list[str]:
    """The words that ask about every locked package, those of development among them.

    Args:
        service: Address of the service; None for the usual one.
    """
    words = [str(Path(sys.executable).with_name("uv")), "audit", "--frozen"]
    words += ["--preview-features", "audit-command"]
    words += [word for name in ACCEPTED for word in ("--ignore", name)]
    return words + (["--service-url", service] if service else [])


def main(arguments: list[str]) -> int:
    """Ask, say what came of it, and give the exit status."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--service")
    wanted = parser.parse_args(arguments)
    environment = os.environ | {"UV_HTTP_RETRIES": "1"}
    try:
        asked = subprocess.run(
            command(wanted.service),
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _not_looked_up(f"it gave no answer within {_TIMEOUT_S} s", strict=wanted.strict)
    if asked.returncode not in {0, FOUND} and any(word in asked.stderr for word in _UNREACHED):
        return _not_looked_up(asked.stderr.strip().splitlines()[-1], strict=wanted.strict)
    print((asked.stdout + asked.stderr).strip())
    return asked.returncode


def _not_looked_up(reason: str, *, strict: bool) -> int:
    print(
        "KNOWN WEAKNESSES WERE NOT LOOKED UP: the service that knows them cannot be reached "
        f"({reason.strip().removeprefix('cause: ')}); run `make audit-deps` where it can"
    )
    return NOT_LOOKED_UP if strict else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
