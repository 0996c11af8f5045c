"""``python -m studio_detector`` is the command ``studio-detector``."""

from __future__ import annotations

from studio_detector.cli.main import main

if __name__ == "__main__":
    main()
