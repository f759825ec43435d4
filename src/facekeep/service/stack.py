"""Clearing the part of a thread's stack that returned calls have left behind.

Calls leave bytes below the stack pointer: Python, for one, encodes short texts in buffers there. A long-lived thread at
rest would show them to whoever reads its memory. Works with glibc on x86-64 and 64-bit ARM; elsewhere it does nothing.
"""

import ctypes
import mmap
import platform
import sys

# Where getcontext(3) stores the stack pointer. Source: glibc, sysdeps/unix/sysv/linux/{x86,aarch64}/sys/ucontext.h.
_STACK_POINTER_AT = {"x86_64": 160, "aarch64": 432}
_CONTEXT_BYTES = 8192  # more than any ucontext_t
_ATTRIBUTE_BYTES = 64  # pthread_attr_t
_MARGIN_BYTES = 256  # the red zone of the calling convention, and the return address of the call that clears
_MADV_DONTNEED = 4


def clear_stack() -> None:
    """Overwrite with zeros what lies below the stack frames of the calling thread, and give its whole pages back.

    What lies above the call stays: call it from fewer frames deep than the work whose traces should go.
    """
    libc = ctypes.CDLL(None)
    place = _STACK_POINTER_AT.get(platform.machine())
    if place is None or sys.platform != "linux" or not hasattr(libc, "pthread_getattr_np"):
        return
    context = ctypes.create_string_buffer(_CONTEXT_BYTES)
    low = _lowest_address(libc)
    if low is None or libc.getcontext(context) != 0:
        return
    end = int.from_bytes(context.raw[place : place + 8], sys.byteorder) - _MARGIN_BYTES
    page = end - end % mmap.PAGESIZE
    if low < page:
        libc.madvise(ctypes.c_void_p(low), ctypes.c_size_t(page - low), _MADV_DONTNEED)
        libc.memset(ctypes.c_void_p(page), 0, ctypes.c_size_t(end - page))


def _lowest_address(libc: ctypes.CDLL) -> int | None:
    """Where the stack of the calling thread may end, on a page boundary; None where the system does not say."""
    libc.pthread_self.restype = ctypes.c_ulong
    attributes = ctypes.create_string_buffer(_ATTRIBUTE_BYTES)
    address, size = ctypes.c_void_p(), ctypes.c_size_t()
    if libc.pthread_getattr_np(ctypes.c_ulong(libc.pthread_self()), attributes) != 0:
        return None
    failed = libc.pthread_attr_getstack(attributes, ctypes.byref(address), ctypes.byref(size))
    libc.pthread_attr_destroy(attributes)
    if failed or address.value is None:
        return None
    return address.value + -address.value % mmap.PAGESIZE
