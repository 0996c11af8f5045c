"""The version of the package, from its installed metadata."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("studio-detector")
