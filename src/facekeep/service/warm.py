"""Warming up: the scan kernels compiled and the faces worker started before the first request needs them."""

import os
import struct
import zlib

import numpy as np

from facekeep.sealed.scan import scan_blocks
from facekeep.service.keep import Keep

_SIDE_PX = 64


def warm_up(keep: Keep) -> None:
    """Run every slow-to-start part once, on nothing: an empty grey picture and a block of zeros.

    Raises
    ------
    FacekeepError
        A part cannot run at all.
    """
    dimension = keep.faces.contract.dimension
    threads = keep.settings.search.threads or len(os.sched_getaffinity(0))
    for probes in (1, 16):
        scan_blocks([np.zeros((dimension, 64), np.int16)], np.zeros((probes, dimension), np.int32), None, threads)
    keep.faces.analyze([grey_png(_SIDE_PX)])


def grey_png(side_px: int) -> bytes:
    """A square grey PNG without a face. Source: PNG (Third Edition), sections 5 and 11."""
    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * side_px) * side_px)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
