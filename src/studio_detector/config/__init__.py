"""One settings object from defaults, a file, the environment and options, with origins."""

from __future__ import annotations
