"""Everything that can be said about models on a labelled set: figures, slices, errors, page."""

from __future__ import annotations
