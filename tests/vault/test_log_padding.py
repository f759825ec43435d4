"""Checkpoints grow by whole buckets, and leaves that say nothing look like those that do."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import BadInput
from facekeep.ledger.leaf import LEAF_SIZE
from facekeep.vault.log_entries import LogRecord, open_entry, seal_entry
from facekeep.vault.log_padding import missing_from_bucket, padding

RECORD = LogRecord(number=0, at="2026-01-02T03:04:05Z", actor="k", act="search.ask", outcome="asked")


@given(st.integers(0, 10_000), st.integers(1, 512))
def test_a_checkpoint_grows_by_the_fewest_whole_buckets_and_at_least_by_one(grown: int, bucket: int) -> None:
    missing = missing_from_bucket(grown, bucket)
    assert 0 <= missing <= bucket
    assert (grown + missing) % bucket == 0
    assert grown + missing >= bucket
    assert grown + missing - bucket < max(grown, 1)


def test_padding_opens_for_nobody_and_has_the_bytes_of_an_entry() -> None:
    leaves = padding(300)
    assert {len(leaf) for leaf in leaves} == {LEAF_SIZE}
    assert len(set(leaves)) == 300
    for leaf in leaves[:20]:
        with pytest.raises(BadInput):
            open_entry(leaf, org_key=os.urandom(32))
    entries = [seal_entry(RECORD, org_key=b"o" * 32, salt=os.urandom(16), nonce=os.urandom(12)) for _ in leaves]
    assert {leaf[0] for leaf in leaves} == {leaf[0] for leaf in entries}
    for kind in (leaves, entries):
        ones = sum(byte.bit_count() for leaf in kind for byte in leaf[1:])
        assert abs(ones / (8 * 1023 * len(kind)) - 0.5) < 0.004  # twelve standard deviations
