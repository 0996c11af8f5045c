"""How the C library keeps memory, in a process through which large pictures go."""

from __future__ import annotations

import ctypes
import sys

# Of malloc.h of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
# The largest that glibc takes. Nearly all photos are smaller.
_MMAP_THRESHOLD_BYTES = 32 * 1024 * 1024
# As much as a dozen large photos have.
_TRIM_THRESHOLD_BYTES = 64 * 1024 * 1024


def reuse_memory() -> bool:
    """Let the memory of one picture be the next one's, where the C library is glibc.

    It would give the memory of every large buffer back to the system, which has to find and
    clear each page anew for the next: for a photo of 3 MB, longer than encrypting it takes.
    Up to 64 MiB stay with the process instead. There is one heap for all threads, so that the
    buffer that one has filled and freed is there for the next, whichever thread that is.

    To be called once, by a process that is ours alone, before it starts threads.

    Returns:
        Whether it is so from now on.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library
        return False
    wanted = (
        (_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES),
        (_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES),
        (_ARENA_MAX, 1),
    )
    return all(mallopt(parameter, value) for parameter, value in wanted)
