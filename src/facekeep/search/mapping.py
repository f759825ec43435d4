"""Read-only memory maps of files that hold no file descriptor, so that thousands of blocks can be mapped at once.

Python's own `mmap` keeps a duplicate of the descriptor for as long as the map lives, and the usual limit of 1024 open
files would end at 1024 blocks. The system call needs none, so it is made directly. A map outlives the removal of its
file, and is undone when the last array that looks into it is gone.
"""

import ctypes
import mmap
import os
import weakref

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_FAILED = ctypes.c_void_p(-1).value


def map_file(descriptor: int) -> memoryview:
    """The whole file of `descriptor`, which may be closed afterwards, as read-only bytes asked to be read ahead.

    Raises
    ------
    OSError
        The kernel has no room for another map.
    """
    size = os.fstat(descriptor).st_size
    if size == 0:
        return memoryview(b"")  # the kernel refuses to map nothing
    address = _libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if address == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    _libc.madvise(address, size, mmap.MADV_WILLNEED)  # advice only: a refusal changes nothing
    window = (ctypes.c_ubyte * size).from_address(address)
    # The array, not the view, is what every further view keeps alive.
    weakref.finalize(window, _libc.munmap, address, size).atexit = False
    return memoryview(window).cast("B").toreadonly()
