"""The system calls that decoding, measuring and drawing need, and nothing besides.

Every call that is not here is refused: sockets, programs and processes, tracing, mounts, keys,
io_uring, BPF, changes to files and their attributes, and whatever later kernels bring.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Newest call that was looked at; programs probe for later ones and are told there are none.
NEWEST = 466
#: Calls whose arguments lie behind a pointer, out of sight of a filter. Libraries that hear that
#: there are none fall back to ``clone`` and ``openat``.
ABSENT: Mapping[str, int] = MappingProxyType({"clone3": 435, "openat2": 437})

# Name -> number on x86_64 and on aarch64, which left out the older ones.
_PLAIN: Mapping[str, tuple[int, int | None]] = MappingProxyType(
    {
        # Descriptors that are open already.
        "read": (0, 63),
        "write": (1, 64),
        "close": (3, 57),
        "fstat": (5, 80),
        "lseek": (8, 62),
        "pread64": (17, 67),
        "readv": (19, 65),
        "writev": (20, 66),
        "poll": (7, None),
        "ppoll": (271, 73),
        "select": (23, None),
        "pselect6": (270, 72),
        "fadvise64": (221, 223),
        # Looking for files.
        "access": (21, None),
        "faccessat": (269, 48),
        "faccessat2": (439, 439),
        "stat": (4, None),
        "lstat": (6, None),
        "newfstatat": (262, 79),
        "statx": (332, 291),
        "statfs": (137, 43),
        "fstatfs": (138, 44),
        "readlink": (89, None),
        "readlinkat": (267, 78),
        "getcwd": (79, 17),
        "getdents64": (217, 61),
        # Memory; executable, because libraries are loaded when they are first needed.
        "mmap": (9, 222),
        "mprotect": (10, 226),
        "munmap": (11, 215),
        "mremap": (25, 216),
        "madvise": (28, 233),
        "mincore": (27, 232),
        "brk": (12, 214),
        "get_mempolicy": (239, 236),
        # Threads, and the end of them.
        "futex": (202, 98),
        "futex_waitv": (449, 449),
        "futex_wake": (454, 454),
        "futex_wait": (455, 455),
        "futex_requeue": (456, 456),
        "map_shadow_stack": (453, 453),
        "arch_prctl": (158, None),
        "set_robust_list": (273, 99),
        "set_tid_address": (218, 96),
        "rseq": (334, 293),
        "membarrier": (324, 283),
        "sched_yield": (24, 124),
        "sched_getaffinity": (204, 123),
        "getcpu": (309, 168),
        "exit": (60, 93),
        "exit_group": (231, 94),
        "restart_syscall": (219, 128),
        # Signals to oneself.
        "rt_sigaction": (13, 134),
        "rt_sigprocmask": (14, 135),
        "rt_sigreturn": (15, 139),
        "rt_sigsuspend": (130, 133),
        "sigaltstack": (131, 132),
        "pause": (34, None),
        # Clocks.
        "clock_gettime": (228, 113),
        "clock_getres": (229, 114),
        "clock_nanosleep": (230, 115),
        "nanosleep": (35, 101),
        "gettimeofday": (96, 169),
        "time": (201, None),
        "times": (100, 153),
        # Facts about oneself and the machine, and chance.
        "getpid": (39, 172),
        "getppid": (110, 173),
        "gettid": (186, 178),
        "getuid": (102, 174),
        "geteuid": (107, 175),
        "getgid": (104, 176),
        "getegid": (108, 177),
        "getrlimit": (97, 163),
        "getrusage": (98, 165),
        "uname": (63, 160),
        "sysinfo": (99, 179),
        "getrandom": (318, 278),
    }
)

# Numbers of Linux, on both architectures: O_WRONLY, O_RDWR, O_CREAT and O_TRUNC; TCGETS; FIONCLEX
# and FIOCLEX; F_DUPFD, F_GETFD, F_SETFD, F_GETFL and F_DUPFD_CLOEXEC.
_WRITING = 0o1103
_IS_TERMINAL = 0x5401
_CLOSE_ON_EXEC = (0x5450, 0x5451)
_DESCRIPTOR_FACTS = (0, 1, 2, 3, 1030)
# PR_SET_NAME, PR_GET_NAME and PR_SET_VMA; RLIMIT_CPU and RLIMIT_AS;
# CLONE_THREAD and every CLONE_NEW...
_SET_NAME, _GET_NAME, _NAME_MEMORY = 15, 16, 0x53564D41
_LIMIT_CPU, _LIMIT_MEMORY = 0, 9
_THREAD = 0x10000
_NAMESPACES = 0x7E020080


@dataclass(frozen=True, slots=True)
class Check:
    """One argument of a call, by half: most are of 32 bits, and the kernel drops the rest.

    Attributes:
        index: Which argument, from 0.
        value: What it must be.
        mask: The bits that count.
        is_upper: Whether the upper half is looked at.
    """

    index: int
    value: int
    mask: int = 0xFFFFFFFF
    is_upper: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A call that is allowed where all checks hold.

    Attributes:
        number: Of the call.
        checks: Of its arguments.
    """

    number: int
    checks: tuple[Check, ...] = ()


def rules(architecture: int, process: int) -> tuple[Rule, ...]:
    """What is allowed.

    Args:
        architecture: 0 for x86_64, 1 for aarch64: a column of the table.
        process: Number of the process, which alone it may send signals.
    """
    plain = (numbers[architecture] for numbers in _PLAIN.values())
    return (
        *(Rule(number) for number in plain if number is not None),
        *_checked(architecture, process),
    )


def _checked(architecture: int, process: int) -> tuple[Rule, ...]:
    """Calls that are allowed for some arguments."""

    def number(x86_64: int, aarch64: int) -> int:
        return (x86_64, aarch64)[architecture]

    ioctl, descriptor, control = number(16, 29), number(72, 25), number(157, 167)
    limits = number(302, 261)
    myself = Check(0, process)
    return (
        # Reading only; the flags of `open` are its second argument.
        Rule(number(257, 56), (Check(2, 0, _WRITING),)),
        *([Rule(2, (Check(1, 0, _WRITING),))] if architecture == 0 else []),
        *(Rule(ioctl, (Check(1, command),)) for command in (_IS_TERMINAL, *_CLOSE_ON_EXEC)),
        # Not the owner of a descriptor, whom the kernel sends signals.
        *(Rule(descriptor, (Check(1, command),)) for command in _DESCRIPTOR_FACTS),
        *(Rule(control, (Check(0, option),)) for option in (_SET_NAME, _GET_NAME, _NAME_MEMORY)),
        # Its own limits may be read, when the pointer to new ones is null; that on CPU time moves
        # with each picture, and that on memory is set when all is loaded.
        *(Rule(limits, (Check(0, 0), Check(1, kind))) for kind in (_LIMIT_CPU, _LIMIT_MEMORY)),
        Rule(limits, (Check(0, 0), Check(2, 0), Check(2, 0, is_upper=True))),
        # New threads, and no new process or namespace.
        Rule(number(56, 220), (Check(0, _THREAD, _THREAD | _NAMESPACES),)),
        Rule(number(234, 131), (myself,)),
        Rule(number(62, 129), (myself,)),
    )
