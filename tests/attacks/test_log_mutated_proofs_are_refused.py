"""Somebody who can change every byte of a proof or checkpoint on its way still proves nothing false.

Whatever is tried is tried on both verifiers: the keep's and the SDK's, which share no code.
"""

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
from facekeep_sdk import LogTampered
from facekeep_sdk.ledger_check import TreeHead, check_consistency, check_inclusion
from facekeep_sdk.ledger_check import open_checkpoint as sdk_checkpoint

SIZE = 200
TREE = Tile.of(b"".join(leaf_hash(bytes([index])) for index in range(SIZE)))
HASH_AT = hash_reader(lambda _level, _index: TREE)
ROOTS = [root_at(size, HASH_AT) for size in range(SIZE + 1)]
A_RUN = [
    pytest.param(1, 10_000, id="10,000"),
    pytest.param(None, 400_000, id="400,000", marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
]  # of each of the two kinds of proof; with 200,000 checkpoints, a million a night
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


def accepted(*checks: Callable[[], object]) -> bool:
    """Whether any of the verifiers takes it."""
    return any(takes(check) for check in checks)


def takes(check: Callable[[], object]) -> bool:
    try:
        check()
    except LogTampered:
        return False
    except Tampered as error:
        if error.code is not Code.LOG_ALTERED:
            raise
        return False
    return True


def chance_of(seed: int | None) -> random.Random:
    """Of a fixed seed, or of a fresh one that pytest shows where the test fails."""
    seed = random.SystemRandom().getrandbits(64) if seed is None else seed
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.mark.parametrize(("seed", "mutations"), A_RUN)
def test_no_mutated_inclusion_proof_is_taken(seed: int | None, mutations: int) -> None:
    chance, tried = chance_of(seed), 0
    while tried < mutations:
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
            ),
            lambda leaf=leaf, at=at, of=of, root=root, proof=proof: check_inclusion(
                leaf, index=at, head=TreeHead(KEY.name, of, root), proof=proof
            ),
        ), (honest, (leaf, at, of, root, proof))


@pytest.mark.parametrize(("seed", "mutations"), A_RUN)
def test_no_mutated_consistency_proof_is_taken(seed: int | None, mutations: int) -> None:
    chance, tried = chance_of(seed), 0
    while tried < mutations:
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
            ),
            lambda a=old_size, b=old_root, c=new_size, d=new_root, proof=proof: check_consistency(
                TreeHead(KEY.name, a, b), TreeHead(KEY.name, c, d), proof
            ),
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


def mutated_notes(chance: random.Random, cuts: int) -> Iterator[bytes]:
    for place in range(len(NOTE)):
        for bit in range(8):
            yield NOTE[:place] + bytes([NOTE[place] ^ 1 << bit]) + NOTE[place + 1 :]
        yield NOTE[:place] + NOTE[place + 1 :]
        yield NOTE[:place]
        yield NOTE[:place] + NOTE[place : place + 1] + NOTE[place:]
    for _ in range(cuts):
        start, end = sorted(chance.choices(range(len(NOTE)), k=2))
        filler = chance.choice([b"", b"\n", b"\n\n", b"0", b"=", b" ", b"+", chance.randbytes(end - start), NOTE[:end]])
        yield NOTE[:start] + filler + NOTE[end:]


@pytest.mark.parametrize(
    ("seed", "cuts"),
    [
        pytest.param(3, 9_000, id="10,000"),
        pytest.param(None, 200_000, id="200,000", marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
)
def test_no_mutated_checkpoint_is_taken(seed: int | None, cuts: int) -> None:
    tried = 0
    for untrusted in mutated_notes(chance_of(seed), cuts):
        if untrusted == NOTE:
            continue
        tried += 1
        assert not accepted(
            lambda untrusted=untrusted: open_checkpoint(
                untrusted, expected_origin=KEY.name, expected_key=KEY, is_good=signature_is_good
            ),
            lambda untrusted=untrusted: sdk_checkpoint(untrusted.decode(errors="surrogateescape"), KEY.text),
        ), untrusted
    assert tried > 10_000


def test_the_honest_ones_are_taken_by_both() -> None:
    """Control: what is refused above is refused for what was changed in it."""
    size, index, old = 157, 83, 90
    root, leaf = ROOTS[size], leaf_hash(bytes([index]))
    proof = inclusion_proof(index, size, HASH_AT)
    grown = consistency_proof(old, size, HASH_AT)
    verify_inclusion(expected_leaf_hash=leaf, index=index, size=size, expected_root=root, untrusted_proof=proof)
    check_inclusion(leaf, index=index, head=TreeHead(KEY.name, size, root), proof=proof)
    verify_consistency(old_size=old, old_root=ROOTS[old], new_size=size, new_root=root, untrusted_proof=grown)
    check_consistency(TreeHead(KEY.name, old, ROOTS[old]), TreeHead(KEY.name, size, root), grown)
    assert sdk_checkpoint(NOTE.decode(), KEY.text).size == 20_852
