"""Files of rows, one module for each format, chosen by the suffix of the file's name."""

from __future__ import annotations
