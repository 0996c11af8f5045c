"""Write the OpenAPI document of the service.

Usage: openapi.py [--check]

With --check nothing is written; the exit status is 1 if the document is not as the code would
have it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from unittest.mock import MagicMock

from studio_detector.pipeline.settings import Settings
from studio_detector.service.api.app import create_app
from studio_detector.service.settings import ServiceSettings

PATH = Path(__file__).resolve().parents[1] / "docs" / "service" / "openapi.json"


def text() -> str:
    """The document as it should be."""
    # The document depends on no part of an open service.
    parts = MagicMock(settings=ServiceSettings(), base=Settings())
    # The page, which is no part of it, is made with it.
    parts.variants.detector.return_value.uncertain_band = (0.3, 0.7)
    document = create_app(parts).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document, or only compare it."""
    check = arguments == ["--check"]
    if arguments and not check:
        print(__doc__)
        return 2
    found = PATH.read_text(encoding="utf-8") if PATH.exists() else ""
    if found == text():
        return 0
    print(f"{PATH.name}: {'stale, run make docs' if check else 'written'}")
    if not check:
        PATH.write_text(text(), encoding="utf-8")
    return 1 if check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
