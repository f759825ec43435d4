"""Leaving nothing behind: arrays that held a face are overwritten, freed memory goes back to the system."""

import ctypes
import gc
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def wipe(*arrays: NDArray[np.generic]) -> None:
    """Overwrite every writable array with zeros: NumPy keeps small buffers for reuse instead of freeing them.

    That holds for temporary arrays too: templates are turned into bytes without one (`astype(..., copy=False)`).
    """
    for array in arrays:
        if array.flags.writeable:
            array.fill(0)


def wipe_bytes(buffers: Iterable[bytearray]) -> None:
    """Overwrite the buffers with zeros and empty them."""
    for buffer in buffers:
        buffer[:] = bytes(len(buffer))
        buffer.clear()


def give_back() -> None:
    """Collect what only cycles keep alive, and return free heap pages to the system where the C library is glibc."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
