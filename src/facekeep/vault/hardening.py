"""What the vault's process gives up before it holds a key: core dumps, debuggers, swapping, freed buffers.

Best effort where the system does not allow it; `locked_memory` says whether swapping is off. Python cannot promise
to wipe every copy of a secret; a taken-over host is a taken-over vault, and the threat model says so.
"""

import ctypes
import os
import resource
import sys

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BYTES = 2**20


def harden_process() -> bool:
    """Forbid core dumps and tracing by other users, and lock memory; returns whether memory is locked."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _return_large_buffers(libc)
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] != resource.RLIM_INFINITY and not _is_root():
        return False  # a small lock limit would make later allocations fail
    return bool(libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def _return_large_buffers(libc: ctypes.CDLL) -> None:
    """Let go of sums and templates when they are freed; by itself glibc keeps up to 64 MiB a thread for reuse."""
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)


def _is_root() -> bool:
    return os.geteuid() == 0
