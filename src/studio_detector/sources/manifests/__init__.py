"""Lists of photos: text, CSV, JSON lines and Parquet, each read row by row."""

from __future__ import annotations
