"""A socket that nobody closed says where it was opened.

The collector finds it whenever it likes, mostly in the midst of somebody else's test, and that
test fails. What Python tells of it there is a number and two ports.
"""

from __future__ import annotations

import os
import socket
import traceback

_FRAMES = 8


class _Open:
    """Stands for False where a socket notes whether it is closed; there is no room elsewhere.

    Attributes:
        born: Test and calls that opened it.
    """

    def __init__(self):
        calls = traceback.extract_stack(limit=_FRAMES + 2)[:-2]
        places = " < ".join(f"{call.filename}:{call.lineno} {call.name}" for call in calls[::-1])
        self.born = f"{os.environ.get('PYTEST_CURRENT_TEST', 'no test')}: {places}"

    def __bool__(self):
        return False


def remember(monkeypatch):
    """Have every socket remember it from now on.

    Args:
        monkeypatch: A `pytest.MonkeyPatch` that lasts as long.
    """
    begin, describe = socket.socket.__init__, socket.socket.__repr__

    def noted(self, *args, **options):
        begin(self, *args, **options)
        self._closed = _Open()

    def described(self):
        state = getattr(self, "_closed", None)
        born = f" opened in {state.born}" if isinstance(state, _Open) else ""
        return f"{describe(self)}{born}"

    monkeypatch.setattr(socket.socket, "__init__", noted)
    monkeypatch.setattr(socket.socket, "__repr__", described)
