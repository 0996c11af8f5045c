"""The filter of system calls, run as the kernel runs it, for every architecture."""

from __future__ import annotations

import errno
import functools
import platform
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.imaging.seccomp import ARCHITECTURES, program
from studio_detector.imaging.system_calls import NEWEST

PROCESS = 4321
ALLOWED, KILLED = "allowed", "killed"
EPERM, ENOSYS = errno.errorcode[errno.EPERM], errno.errorcode[errno.ENOSYS]

# What a program that was taken over would reach for -> numbers on x86_64 and aarch64.
REFUSED = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_setup": (206, 0),
    "mount": (165, 40),
    "move_mount": (429, 429),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "creat": (85, None),
    "truncate": (76, 45),
    "unlinkat": (263, 35),
    "renameat2": (316, 276),
    "mkdirat": (258, 34),
    "linkat": (265, 37),
    "symlinkat": (266, 36),
    "mknodat": (259, 33),
    "fchmodat": (268, 53),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "memfd_create": (319, 279),
    "open_by_handle_at": (304, 265),
    "setrlimit": (160, 164),
    "setuid": (105, 146),
    "capset": (126, 91),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "setsid": (112, 157),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "quotactl": (179, 60),
    "personality": (135, 92),
}
PATH = {"openat": (257, 56), "clone": (56, 220), "prlimit64": (302, 261), "fcntl": (72, 25)}
SIGNALS = {"kill": (62, 129), "tgkill": (234, 131)}
THREAD = 0x3D0F00
any_word = st.integers(0, 2**64 - 1)

machines = pytest.mark.parametrize("name", list(ARCHITECTURES))


@functools.cache
def instructions(name):
    return [struct.unpack("=HBBI", found) for found in program(ARCHITECTURES[name], PROCESS)]


def verdict(name, number, *arguments, audit=None):
    """Run the filter on one call."""
    machine = ARCHITECTURES[name]
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<iIQ6Q", number, machine.audit if audit is None else audit, 0, *words)
    at, accumulator = 0, 0
    while True:
        code, when_true, when_false, value = instructions(name)[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x54:
            accumulator &= value
        elif code in {0x15, 0x25}:
            holds = accumulator == value if code == 0x15 else accumulator > value
            at += when_true if holds else when_false
        else:
            assert code == 0x06
            kind = value & 0xFFFF0000
            if kind == 0x00050000:
                return errno.errorcode[value & 0xFFFF]
            return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}[kind]


def numbers(table, name):
    column = ARCHITECTURES[name].column
    return {call: found[column] for call, found in table.items() if found[column] is not None}


@machines
def test_what_nobody_needs_who_decodes_is_refused(name):
    """Whatever the arguments."""
    found = {call: verdict(name, number) for call, number in numbers(REFUSED, name).items()}

    assert dict.fromkeys(found, EPERM) == found


@machines
def test_calls_of_another_architecture_end_the_process(name):
    """Their numbers mean other calls."""
    (other,) = (found.audit for key, found in ARCHITECTURES.items() if key != name)

    assert KILLED == verdict(name, 0, audit=other)
    assert KILLED == verdict(name, 0, audit=0x40000003)


@machines
def test_calls_whose_flags_cannot_be_seen_seem_not_to_exist(name):
    """So libraries take those whose can."""
    assert ENOSYS == verdict(name, 435)
    assert ENOSYS == verdict(name, 437)


@machines
@given(number=st.integers(NEWEST + 1, 2**31 - 1))
def test_calls_of_later_kernels_seem_not_to_exist(name, number):
    """And those of the x32 interface."""
    assert ENOSYS == verdict(name, number)


@machines
@given(flags=any_word)
def test_files_are_opened_for_reading_alone(name, flags):
    """Neither for writing nor to make or empty them."""
    expected = EPERM if flags & 0o1103 else ALLOWED

    assert expected == verdict(name, numbers(PATH, name)["openat"], 0, 0, flags)
    if name == "x86_64":
        assert expected == verdict(name, 2, 0, flags)


@machines
@given(flags=any_word)
def test_only_threads_are_begun(name, flags):
    """No process, and nothing in a namespace of its own."""
    is_thread = flags & 0x10000 and not flags & 0x7E020080

    assert (ALLOWED if is_thread else EPERM) == verdict(name, numbers(PATH, name)["clone"], flags)
    assert ALLOWED == verdict(name, numbers(PATH, name)["clone"], THREAD)


@machines
@given(process=any_word)
def test_signals_go_to_itself_alone(name, process):
    """The kernel, too, looks at the lower half."""
    is_itself = process & 0xFFFFFFFF == PROCESS
    for number in numbers(SIGNALS, name).values():
        assert (ALLOWED if is_itself else EPERM) == verdict(name, number, process, 1)
        assert ALLOWED == verdict(name, number, PROCESS, 1)


@machines
@given(process=any_word, kind=st.integers(0, 15), pointer=any_word)
def test_limits_are_only_read(name, process, kind, pointer):
    """Except its own on CPU time and memory; a pointer is null in both halves or not at all."""
    number = numbers(PATH, name)["prlimit64"]
    is_allowed = process & 0xFFFFFFFF == 0 and (kind in {0, 9} or pointer == 0)

    assert (ALLOWED if is_allowed else EPERM) == verdict(name, number, process, kind, pointer)
    assert EPERM == verdict(name, number, 0, 1, 1 << 32)
    assert ALLOWED == verdict(name, number, 0, 7, 0)


@machines
@given(command=st.integers(0, 2048))
def test_descriptors_get_no_owner(name, command):
    """Whom the kernel would send signals."""
    expected = ALLOWED if command in {0, 1, 2, 3, 1030} else EPERM

    assert expected == verdict(name, numbers(PATH, name)["fcntl"], 5, command)


def test_this_machine_has_a_filter():
    """Or says why not."""
    if platform.machine() not in ARCHITECTURES:
        pytest.skip(f"there is no table for {platform.machine()}")
    assert ALLOWED == verdict(platform.machine(), {"x86_64": 0, "aarch64": 63}[platform.machine()])
