"""How a worker locks itself in before it touches a hostile byte. Every measure that took hold is reported by name.

Two moments: `before_loading`, while there is one thread and files must still be read, and `close`, when models and
decoders are in memory and nothing is needed from outside any more. After that a worker may compute, allocate memory,
and read from and write to sockets it already has: no file can be opened, no process started, no socket made. Not
done here: hiding the machine's clock or CPU, or limits on what an exploited worker does inside its own memory; what
such a worker answers is therefore checked by its reader.
"""

import ctypes
import os
import platform
import resource
import signal
import struct

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_MOST_OPEN_FILES = 64

_LOAD_ARCHITECTURE = (0x20, 0, 0, 4)  # BPF: load the word at offset 4 of struct seccomp_data
_LOAD_CALL = (0x20, 0, 0, 0)
_ALLOW = (0x06, 0, 0, 0x7FFF0000)
_REFUSE = (0x06, 0, 0, 0x00050001)  # the call fails with EPERM
_NOT_HERE = (0x06, 0, 0, 0x00050026)  # the call fails with ENOSYS, which makes the C library use clone instead
_CLONE3 = 435  # on every architecture
_LOAD_FIRST_ARGUMENT = (0x20, 0, 0, 16)  # its low word
_CLONE_THREAD = 0x00010000

# Audit architecture, numbers of seccomp(2) and clone(2), and the other calls that remain.
# Source: Linux, the system call tables of each architecture.
_CALLS = {
    "x86_64": (
        0xC000003E,
        317,
        56,
        {
            "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10,
            "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24,
            "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39, "sendto": 44, "recvfrom": 45, "sendmsg": 46,
            "recvmsg": 47, "exit": 60, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
            "times": 100, "sigaltstack": 131, "setrlimit": 160, "gettid": 186, "futex": 202,
            "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228, "clock_nanosleep": 230,
            "exit_group": 231, "tgkill": 234, "ppoll": 271, "set_robust_list": 273, "prlimit64": 302,
            "getrandom": 318, "membarrier": 324, "rseq": 334,
        },
    ),
    "aarch64": (
        0xC00000B7,
        277,
        220,
        {
            "close": 57, "lseek": 62, "read": 63, "write": 64, "ppoll": 73, "fstat": 80, "exit": 93, "exit_group": 94,
            "futex": 98, "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113, "clock_nanosleep": 115,
            "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "tgkill": 131, "sigaltstack": 132,
            "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153, "getrlimit": 163,
            "setrlimit": 164, "getrusage": 165, "gettimeofday": 169, "getpid": 172, "gettid": 178, "sysinfo": 179,
            "sendto": 206, "recvfrom": 207, "sendmsg": 211, "recvmsg": 212, "brk": 214, "munmap": 215, "mremap": 216,
            "mmap": 222, "mprotect": 226, "madvise": 233, "prlimit64": 261, "getrandom": 278, "membarrier": 283,
            "rseq": 293,
        },
    ),
}  # fmt: skip


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def before_loading() -> list[str]:
    """Measures that must come before any thread exists; the names of those that took hold."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = _libc()
    if libc is None:
        return ["core files off"]
    tried = {
        "not dumpable": libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0),
        "no new privileges": libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        "own empty network": _leave_network(libc),
        "ends with its server": libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),  # after what would clear it
    }
    return ["core files off", *(name for name, result in tried.items() if result == 0)]


def close(*, max_memory_bytes: int) -> list[str]:
    """Shut what loading still needed; the names of the measures that took hold."""
    for limit, value in (
        (resource.RLIMIT_AS, max_memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MOST_OPEN_FILES),
    ):
        resource.setrlimit(limit, (value, value))
    measures = ["memory limit", "no file writes", "few open files"]
    if _restrict_calls():
        return [*measures, "system call list"]
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # costs HEIC, whose decoder needs a thread
    return [*measures, "no new processes"]


def renew_cpu_limit(seconds: int) -> None:
    """Allow `seconds` more of processor time; the kernel kills the worker when they are spent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, resource.RLIM_INFINITY))


def call_filter(machine: str) -> bytes | None:
    """The BPF program that refuses every system call not listed for `machine`; None where we have no list.

    New threads of the same process are allowed, because the HEVC decoder starts one a picture; new processes are not.
    """
    if machine not in _CALLS:
        return None
    architecture, _, clone, calls = _CALLS[machine]
    numbers = sorted(calls.values())
    program = [_LOAD_ARCHITECTURE, (0x15, 1, 0, architecture), _REFUSE, _LOAD_CALL]
    program += [(0x15, 0, 1, _CLONE3), _NOT_HERE]
    program += [(0x15, 0, 3, clone), _LOAD_FIRST_ARGUMENT, (0x45, 0, 1, _CLONE_THREAD), _ALLOW, _LOAD_CALL]
    program += [(0x15, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    program += [_REFUSE, _ALLOW]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _restrict_calls() -> bool:
    program, libc = call_filter(platform.machine()), _libc()
    if program is None or libc is None:
        return False
    listed = _Filter(len(program) // 8, program)
    number = _CALLS[platform.machine()][1]
    return bool(libc.syscall(number, _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, ctypes.byref(listed)) == 0)


def _leave_network(libc: ctypes.CDLL) -> int:
    """Move to a network without devices. As a common user that needs a user namespace, where the system grants one."""
    return int(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)) and int(libc.unshare(_CLONE_NEWNET))


def _libc() -> ctypes.CDLL | None:
    """The C library of a Linux system; None elsewhere, where only resource limits apply."""
    return ctypes.CDLL(None, use_errno=True) if os.uname().sysname == "Linux" else None
