"""System calls of Linux that Python has no names for."""

from __future__ import annotations

import ctypes
import os


def call(number: int, *arguments: int | None) -> int:
    """Make a system call.

    Args:
        number: Of the call, on this machine.
        arguments: Whole numbers, addresses among them; None is the null pointer.

    Returns:
        What it answers.

    Raises:
        OSError: As the kernel says.
    """
    return _checked(_libc().syscall, number, *arguments)


def control_process(option: int, value: int) -> None:
    """Make the call ``prctl`` with one argument.

    Raises:
        OSError: As the kernel says.
    """
    _checked(_libc().prctl, option, value, 0, 0, 0)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(function: ctypes._NamedFuncPointer, *arguments: int | None) -> int:
    function.restype = ctypes.c_long
    # Every one as wide as a register, since the callee takes as many of them as it likes.
    wide = [ctypes.c_void_p(argument) for argument in arguments]
    result = int(function(*wide))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
