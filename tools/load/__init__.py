"""Loads a service until it is full, then for an hour with faults, and says what more would need.

The service is a black box here: processes, HTTP, what the system tells of processes, and, at the
end, its database.
"""

from __future__ import annotations
