"""What a photo costs, beside what others cost, in one run: ``python -m benchmarks``."""

from __future__ import annotations
