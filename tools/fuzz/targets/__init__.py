"""One file for each target; its name is that of the target."""

from __future__ import annotations
