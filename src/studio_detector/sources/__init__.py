"""From arguments to photos: files, folders, patterns, lists and archives, in a fixed order."""

from __future__ import annotations
