"""Warming up: the scan kernels loaded before the first request needs them. Faces workers warm themselves."""

import os

import numpy as np

from facekeep.sealed.scan import scan_blocks
from facekeep.service.keep import Keep


def warm_up(keep: Keep) -> None:
    """Run every kernel that is slow to start once, on a block of zeros."""
    dimension = keep.faces.contract.dimension
    threads = keep.settings.search.threads or len(os.sched_getaffinity(0))
    for probes in (1, 16):
        scan_blocks([np.zeros((dimension, 64), np.int16)], np.zeros((probes, dimension), np.int32), None, threads)
