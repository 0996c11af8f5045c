"""The command line of the service with a clock that a file moves.

It stands in for `moved_clock.c` where there is no compiler: `time.time` and the clock of the
store are replaced in the process that is started, which is where leases, pauses and signatures
get their time.
"""

from __future__ import annotations

import os
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

from studio_detector.cli.main import main
from studio_detector.service.store import utc_now

#: Names the file, whose eight bytes are the seconds that the clock is ahead.
VARIABLE = "STUDIO_FAULTS_CLOCK"
#: Of the file.
FORMAT = struct.Struct("@q")

_real_time = time.time


def moved_time() -> float:
    """Seconds since 1970 by the moved clock."""
    ahead_s: int = FORMAT.unpack(Path(os.environ[VARIABLE]).read_bytes())[0]
    return _real_time() + ahead_s


def _moved_now() -> datetime:
    import time  # noqa: PLC0415 - runs with the globals of another module
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.fromtimestamp(time.time(), UTC)


def install() -> None:
    """Move the clock of this process from now on."""
    time.time = moved_time
    # Whoever took the function as it was keeps it, so its inside is what changes.
    utc_now.__code__ = _moved_now.__code__
    if abs((utc_now() - datetime.fromtimestamp(moved_time(), UTC)).total_seconds()) > 60:
        raise RuntimeError("the clock of the store did not move")


if __name__ == "__main__":
    install()
    main()
