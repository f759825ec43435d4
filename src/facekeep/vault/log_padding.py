"""Leaves that say nothing, so that the size of the log does not count what was done.

Checkpoints are published at fixed intervals only, and each is larger than the one before by a whole number of buckets:
one where nothing happened, one where a little happened, more only where more than a bucket of entries was written. A
padding leaf is the layout's version and random bytes. Nobody without an organization's key can tell it from that
organization's entry, and nobody at all can open it.
"""

import os

from facekeep.ledger.leaf import LEAF_SIZE, LEAF_VERSION


def missing_from_bucket(grown: int, bucket: int) -> int:
    """How many leaves bring a growth of `grown` entries to a whole number of buckets, at least one."""
    return bucket - grown if grown == 0 else -grown % bucket


def padding(count: int) -> list[bytes]:
    """That many leaves, each of fresh random bytes."""
    return [bytes((LEAF_VERSION,)) + os.urandom(LEAF_SIZE - 1) for _ in range(count)]
