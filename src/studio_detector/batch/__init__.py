"""Many photos in one run: workers, rows and files."""

from __future__ import annotations
