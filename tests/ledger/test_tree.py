"""Roots and proofs agree with an independent implementation and with published values."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from pymerkle import InmemoryTree

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    HashAt,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger"
MOST = 256
LEAVES = [f"entry {index}".encode() for index in range(MOST)]


def slow_hash_at(leaves: list[bytes]) -> HashAt:
    known: dict[tuple[int, int], bytes] = {(0, index): leaf_hash(leaf) for index, leaf in enumerate(leaves)}

    def hash_at(level: int, index: int) -> bytes:
        if (level, index) not in known:
            known[level, index] = node_hash(hash_at(level - 1, 2 * index), hash_at(level - 1, 2 * index + 1))
        return known[level, index]

    return hash_at


HASH_AT = slow_hash_at(LEAVES)
ROOTS = [root_at(size, HASH_AT) for size in range(MOST + 1)]


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    return InmemoryTree.init_from_entries(LEAVES, algorithm="sha256")


def test_roots_are_those_of_the_oracle(oracle: InmemoryTree) -> None:
    sizes = range(1, MOST + 1)
    assert [ROOTS[size] for size in sizes] == [bytes(oracle.get_root(size)) for size in sizes]


def test_inclusion_proofs_are_those_of_the_oracle(oracle: InmemoryTree) -> None:
    for size in (1, 2, 3, 7, 64, 100, 255, 256):
        for index in range(size):
            theirs = oracle.prove_inclusion(index + 1, size).serialize()["path"]  # theirs counts from 1, own leaf first
            ours = [leaf_hash(LEAVES[index]), *inclusion_proof(index, size, HASH_AT)]
            assert {bytes.fromhex(one) for one in theirs} == set(ours)


def test_published_roots() -> None:
    vector = json.loads((VECTORS / "roots.json").read_text())
    hash_at = slow_hash_at([bytes.fromhex(leaf) for leaf in vector["leaves"]])
    assert [root_at(size, hash_at).hex() for size in range(len(vector["roots"]))] == vector["roots"]


def test_published_proofs() -> None:
    vector = json.loads((VECTORS / "proofs.json").read_text())
    hash_at = slow_hash_at([bytes([index]) for index in range(vector["size"])])
    assert root_at(vector["old_size"], hash_at).hex() == vector["old_root"]
    assert root_at(vector["size"], hash_at).hex() == vector["root"]
    inclusion = inclusion_proof(vector["index"], vector["size"], hash_at)
    assert [one.hex() for one in inclusion] == vector["inclusion"]
    consistency = consistency_proof(vector["old_size"], vector["size"], hash_at)
    assert [one.hex() for one in consistency] == vector["consistency"]


def test_every_honest_inclusion_proof_verifies() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            verify_inclusion(
                expected_leaf_hash=HASH_AT(0, index),
                index=index,
                size=size,
                expected_root=ROOTS[size],
                untrusted_proof=inclusion_proof(index, size, HASH_AT),
            )


def test_every_honest_consistency_proof_verifies() -> None:
    for new in range(MOST + 1):
        for old in range(new + 1):
            verify_consistency(
                old_size=old,
                old_root=ROOTS[old],
                new_size=new,
                new_root=ROOTS[new],
                untrusted_proof=consistency_proof(old, new, HASH_AT),
            )


def test_proofs_are_as_short_as_the_tree_is_high() -> None:
    assert max(len(inclusion_proof(index, MOST, HASH_AT)) for index in range(MOST)) == 8
    assert max(len(consistency_proof(old, MOST, HASH_AT)) for old in range(MOST)) == 9


def test_the_frontier_has_the_same_roots() -> None:
    frontier = Frontier()
    assert frontier.root == EMPTY_ROOT == ROOTS[0] == sha256(b"").digest()
    for size in range(1, MOST + 1):
        frontier.append(HASH_AT(0, size - 1))
        assert (frontier.size, frontier.root) == (size, ROOTS[size])


def test_the_frontier_takes_whole_subtrees() -> None:
    frontier = Frontier()
    frontier.append(HASH_AT(6, 0), level=6)
    frontier.append(HASH_AT(6, 1), level=6)
    frontier.append(HASH_AT(0, 128))
    assert (frontier.size, frontier.root) == (129, ROOTS[129])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_inclusion_proof_outside_the_log(index: int, size: int) -> None:
    with pytest.raises(BadInput) as caught:
        inclusion_proof(index, size, HASH_AT)
    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_no_consistency_proof_from_a_larger_log(old: int, new: int) -> None:
    with pytest.raises(BadInput) as caught:
        consistency_proof(old, new, HASH_AT)
    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(
    ("old_size", "old_root", "new_size", "new_root", "proof"),
    [
        (3, ROOTS[3], 2, ROOTS[2], ()),
        (3, ROOTS[3], 3, ROOTS[4], ()),
        (3, ROOTS[3], 3, ROOTS[3], (ROOTS[3],)),
        (0, ROOTS[1], 3, ROOTS[3], ()),
        (0, EMPTY_ROOT, 0, ROOTS[1], ()),
        (4, ROOTS[4], 8, ROOTS[8], ()),
        (4, ROOTS[4], 8, ROOTS[8], (b"short",)),
        (-1, ROOTS[0], 8, ROOTS[8], ()),
    ],
    ids=["shrunk", "forked", "needless", "false-empty", "false-empty-twice", "missing", "malformed", "negative"],
)
def test_edge_cases_of_consistency_are_refused(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: tuple[bytes, ...]
) -> None:
    with pytest.raises(Tampered) as caught:
        verify_consistency(
            old_size=old_size, old_root=old_root, new_size=new_size, new_root=new_root, untrusted_proof=proof
        )
    assert caught.value.code is Code.LOG_ALTERED


def test_a_node_is_no_leaf() -> None:
    left, right = HASH_AT(0, 0), HASH_AT(0, 1)
    with pytest.raises(Tampered):
        verify_inclusion(
            expected_leaf_hash=leaf_hash(left + right),
            index=0,
            size=1,
            expected_root=ROOTS[2],
            untrusted_proof=(),
        )
