"""Forgetting what must be forgotten, everywhere, and again after a restore."""
