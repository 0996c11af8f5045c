"""Archives of photos: tar, also compressed, and zip; read in memory, member by member."""

from __future__ import annotations
