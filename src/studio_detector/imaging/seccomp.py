"""Seccomp: the system calls that a process gives up for good (Linux on x86_64 and aarch64).

The filter is a small program that the kernel runs before every call; see "Seccomp BPF" in the
documentation of the kernel.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from studio_detector.imaging import kernel
from studio_detector.imaging.system_calls import ABSENT, NEWEST, Rule, rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOAD, _MASK, _EQUALS, _GREATER, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16

_SET_FILTER = 1
_EVERY_THREAD = 1


@dataclass(frozen=True, slots=True)
class Architecture:
    """What filters must know of a machine.

    Attributes:
        audit: What the kernel calls it.
        column: Its place in the table of `system_calls`.
        call: Number of the call ``seccomp``.
    """

    audit: int
    column: int
    call: int


#: The machines with a filter, by the name that Linux gives them.
ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "x86_64": Architecture(audit=0xC000003E, column=0, call=317),
        "aarch64": Architecture(audit=0xC00000B7, column=1, call=277),
    }
)


def restrict() -> bool:
    """Give up every call that is not in the table of `system_calls`, on all threads.

    A call that is refused fails with EPERM, and one of another architecture ends the process. "No
    new privileges" must have been set before.

    Returns:
        Whether there is a filter for this machine and the kernel took it.
    """
    machine = ARCHITECTURES.get(platform.machine())
    # A program of 32 bits makes calls of another architecture.
    if sys.platform != "linux" or machine is None or sys.maxsize < 2**32:
        return False
    instructions = list(program(machine, os.getpid()))
    code = ctypes.create_string_buffer(b"".join(instructions))
    head = ctypes.create_string_buffer(
        struct.pack("@HP", len(instructions), ctypes.addressof(code))
    )
    try:
        stray = kernel.call(machine.call, _SET_FILTER, _EVERY_THREAD, ctypes.addressof(head))
    except OSError:
        return False
    # Otherwise a thread that has a filter of its own.
    return stray == 0


def program(machine: Architecture, process: int) -> Iterator[bytes]:
    """Write the filter.

    Args:
        machine: What it is for.
        process: Number of the process.

    Yields:
        Its instructions.
    """
    yield _instruction(_LOAD, _ARCHITECTURE_OFFSET)
    yield _instruction(_EQUALS, machine.audit, when_true=1)
    yield _instruction(_RETURN, _KILL)
    yield _instruction(_LOAD, _NUMBER_OFFSET)
    for rule in rules(machine.column, process):
        yield from _block(rule)
    for number in ABSENT.values():
        yield _instruction(_EQUALS, number, when_false=1)
        yield _instruction(_RETURN, _REFUSE | errno.ENOSYS)
    yield _instruction(_GREATER, NEWEST, when_false=1)
    yield _instruction(_RETURN, _REFUSE | errno.ENOSYS)
    yield _instruction(_RETURN, _REFUSE | errno.EPERM)


def _block(rule: Rule) -> Iterator[bytes]:
    """Allow one call; fall out at the end, the number loaded, if it is another."""
    if not rule.checks:
        yield _instruction(_EQUALS, rule.number, when_false=1)
        yield _instruction(_RETURN, _ALLOW)
        return
    # Three instructions for each check, the verdict, and the number once more.
    left = 3 * len(rule.checks) + 2
    yield _instruction(_EQUALS, rule.number, when_false=left)
    for check in rule.checks:
        left -= 3
        half = 4 if check.is_upper else 0
        yield _instruction(_LOAD, _ARGUMENTS_OFFSET + 8 * check.index + half)
        yield _instruction(_MASK, check.mask)
        yield _instruction(_EQUALS, check.value, when_false=left - 1)
    yield _instruction(_RETURN, _ALLOW)
    yield _instruction(_LOAD, _NUMBER_OFFSET)


def _instruction(code: int, value: int, *, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)
