"""Posts broken pictures by the ten thousand to a running service, and watches it.

The service is a black box here: a process, HTTP, and what the system tells of its processes.
"""

from __future__ import annotations
