"""Somebody who can change every byte of a proof or checkpoint on its way still proves nothing false."""

import random
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import Code, Tampered
from facekeep.ledger.note import Checkpoint, open_checkpoint, sign_note
from facekeep.ledger.tiles import Tile, hash_reader
from facekeep.ledger.tree import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from facekeep.vault.log_signing import signature_is_good, verifier_key_of

SIZE = 200
TREE = Tile.of(b"".join(leaf_hash(bytes([index])) for index in range(SIZE)))
HASH_AT = hash_reader(lambda _level, _index: TREE)
ROOTS = [root_at(size, HASH_AT) for size in range(SIZE + 1)]
MUTATIONS = 20_000
Proof = tuple[bytes, ...]


def flip(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def mutate(chance: random.Random, proof: Proof) -> Proof:
    """Another proof, made from this one and from hashes that really are in the tree."""
    honest = HASH_AT(0, chance.randrange(SIZE))
    place = chance.randrange(len(proof)) if proof else 0
    rest = proof[place + 1 :]
    choices: list[Proof] = [
        (*proof[:place], honest, *proof[place:]),
        (*proof, ROOTS[chance.randrange(SIZE)]),
        (*proof[:place], honest, *rest),
        proof[:place] + rest,
        proof[:place],
        (*proof, *proof),
        tuple(reversed(proof)),
        tuple(chance.sample(proof, len(proof))),
    ]
    if proof:
        choices += [(*proof[:place], flip(chance, proof[place]), *rest), (*proof[:place], proof[place][:-1], *rest)]
        choices += [(*proof[:place], EMPTY_ROOT, *rest), (*proof[:place], bytes(32), *rest)]
    return chance.choice(choices)


def accepted(check: Callable[[], None]) -> bool:
    try:
        check()
    except Tampered as error:
        if error.code is not Code.LOG_ALTERED:
            raise
        return False
    return True


def test_no_mutated_inclusion_proof_is_taken() -> None:
    chance, tried = random.Random(1), 0
    while tried < MUTATIONS:
        size = chance.randint(2, SIZE)
        index = chance.randrange(size)
        honest = (leaf_hash(bytes([index])), index, size, ROOTS[size], inclusion_proof(index, size, HASH_AT))
        leaf, at, of, root, proof = honest
        match chance.randrange(5):
            case 0:
                leaf = chance.choice([flip(chance, leaf), HASH_AT(0, chance.randrange(SIZE))])
            case 1:
                at = chance.choice([chance.randrange(size), -1, size, size + index])
            case 2:
                of = chance.randint(1, SIZE)
                root = ROOTS[of]
            case 3:
                root = chance.choice([flip(chance, root), ROOTS[chance.randint(0, SIZE)]])
            case 4:
                proof = mutate(chance, proof)
        if (leaf, at, of, root, proof) == honest:
            continue
        tried += 1
        assert not accepted(
            lambda leaf=leaf, at=at, of=of, root=root, proof=proof: verify_inclusion(
                expected_leaf_hash=leaf, index=at, size=of, expected_root=root, untrusted_proof=proof
            )
        ), (honest, (leaf, at, of, root, proof))


def test_no_mutated_consistency_proof_is_taken() -> None:
    chance, tried = random.Random(2), 0
    while tried < MUTATIONS:
        new = chance.randint(2, SIZE)
        old = chance.randint(1, new - 1)
        honest = (old, ROOTS[old], new, ROOTS[new], consistency_proof(old, new, HASH_AT))
        old_size, old_root, new_size, new_root, proof = honest
        match chance.randrange(4):
            case 0:
                old_root = chance.choice([flip(chance, old_root), ROOTS[chance.randint(0, SIZE)]])
            case 1:
                new_root = chance.choice([flip(chance, new_root), ROOTS[chance.randint(0, SIZE)]])
            case 2:
                old_size = chance.choice([chance.randint(1, SIZE), new_size + 1, -1])
            case 3:
                proof = mutate(chance, proof)
        if (old_size, old_root, new_size, new_root, proof) == honest:
            continue
        tried += 1
        assert not accepted(
            lambda a=old_size, b=old_root, c=new_size, d=new_root, proof=proof: verify_consistency(
                old_size=a, old_root=b, new_size=c, new_root=d, untrusted_proof=proof
            )
        ), (honest, (old_size, old_root, new_size, new_root, proof))


def test_a_log_with_one_entry_changed_is_never_consistent() -> None:
    """The forger signs its own larger log and makes the best proof it can from it."""
    for changed in range(0, 100, 7):
        leaves = [leaf_hash(bytes([index])) for index in range(SIZE)]
        leaves[changed] = leaf_hash(b"something else")
        forged = Tile.of(b"".join(leaves))
        forged_at = hash_reader(lambda _level, _index, tile=forged: tile)
        for old in range(changed + 1, SIZE):
            proof = consistency_proof(old, SIZE, forged_at)
            with pytest.raises(Tampered):
                verify_consistency(
                    old_size=old,
                    old_root=ROOTS[old],
                    new_size=SIZE,
                    new_root=root_at(SIZE, forged_at),
                    untrusted_proof=proof,
                )


SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest())
KEY = verifier_key_of(SIGNING_KEY, "keep.example/log")
NOTE = sign_note(Checkpoint(KEY.name, 20_852, ROOTS[SIZE]).text, key=KEY, sign=SIGNING_KEY.sign).encode()


def mutated_notes() -> Iterator[bytes]:
    chance = random.Random(3)
    for place in range(len(NOTE)):
        for bit in range(8):
            yield NOTE[:place] + bytes([NOTE[place] ^ 1 << bit]) + NOTE[place + 1 :]
        yield NOTE[:place] + NOTE[place + 1 :]
        yield NOTE[:place]
        yield NOTE[:place] + NOTE[place : place + 1] + NOTE[place:]
    for _ in range(9_000):
        start, end = sorted(chance.choices(range(len(NOTE)), k=2))
        filler = chance.choice([b"", b"\n", b"\n\n", b"0", b"=", b" ", b"+", chance.randbytes(end - start), NOTE[:end]])
        yield NOTE[:start] + filler + NOTE[end:]


def test_no_mutated_checkpoint_is_taken() -> None:
    tried = 0
    for untrusted in mutated_notes():
        if untrusted == NOTE:
            continue
        tried += 1
        assert not accepted(
            lambda untrusted=untrusted: open_checkpoint(
                untrusted, expected_origin=KEY.name, expected_key=KEY, is_good=signature_is_good
            )
        ), untrusted
    assert tried > 10_000
