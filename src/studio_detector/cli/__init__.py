"""The command ``studio-detector``: one file a command, heavy imports only when they are needed."""

from __future__ import annotations
