"""The SDK's own log mathematics, against the ledger's and against altered proofs."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.ledger.tree import consistency_proof, inclusion_proof, leaf_hash, node_hash, root_at
from facekeep_sdk import LogTampered
from facekeep_sdk.ledger_check import TreeHead, check_consistency, check_inclusion, open_checkpoint

MOST = 256
LEAVES = [leaf_hash(bytes([number])) for number in range(MOST)]
VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "ledger").glob("note_*.json"))
ORIGIN = "keep.example/log"


@cache
def hash_at(level: int, index: int) -> bytes:
    if level == 0:
        return LEAVES[index]
    return node_hash(hash_at(level - 1, 2 * index), hash_at(level - 1, 2 * index + 1))


def head(size: int) -> TreeHead:
    return TreeHead(ORIGIN, size, root_at(size, hash_at))


HEADS = [head(size) for size in range(MOST + 1)]


def test_every_entry_of_every_small_log_is_proved() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            check_inclusion(LEAVES[index], index=index, head=HEADS[size], proof=inclusion_proof(index, size, hash_at))


def test_every_small_log_is_proved_to_extend_every_smaller_one() -> None:
    for new in range(MOST + 1):
        for old in range(new + 1):
            check_consistency(HEADS[old], HEADS[new], consistency_proof(old, new, hash_at))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_altered_inclusion_proof_is_accepted(data) -> None:
    size = data.draw(st.integers(1, 40))
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(index, size, hash_at))
    leaf, where = LEAVES[index], index
    match data.draw(st.sampled_from(["flip", "drop", "add", "leaf", "index"])):
        case "flip" if proof:
            place = data.draw(st.integers(0, len(proof) - 1))
            proof[place] = bytes([proof[place][0] ^ 1]) + proof[place][1:]
        case "drop" if proof:
            del proof[data.draw(st.integers(0, len(proof) - 1))]
        case "index" if size > 1:
            where = (index + data.draw(st.integers(1, size - 1))) % size
        case "leaf":
            leaf = sha256(leaf).digest()
        case _:
            proof.append(LEAVES[0])
    with pytest.raises(LogTampered):
        check_inclusion(leaf, index=where, head=head(size), proof=proof)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_altered_consistency_proof_is_accepted(data) -> None:
    new = data.draw(st.integers(2, 40))
    old = data.draw(st.integers(1, new - 1))
    proof = list(consistency_proof(old, new, hash_at))
    before, after = head(old), head(new)
    match data.draw(st.sampled_from(["flip", "drop", "add", "old", "new"])):
        case "flip":
            place = data.draw(st.integers(0, len(proof) - 1))
            proof[place] = proof[place][:-1] + bytes([proof[place][-1] ^ 0x80])
        case "drop":
            del proof[data.draw(st.integers(0, len(proof) - 1))]
        case "old":
            before = TreeHead(ORIGIN, old, sha256(before.root).digest())
        case "new":
            after = TreeHead(ORIGIN, new, sha256(after.root).digest())
        case _:
            proof.append(LEAVES[0])
    with pytest.raises(LogTampered):
        check_consistency(before, after, proof)


def test_a_shorter_another_or_a_forked_log_is_refused() -> None:
    with pytest.raises(LogTampered):
        check_consistency(head(9), head(8), ())
    with pytest.raises(LogTampered):
        check_consistency(TreeHead("another", 8, head(8).root), head(8), ())
    with pytest.raises(LogTampered):
        check_consistency(TreeHead(ORIGIN, 8, b"x" * 32), head(8), ())


@pytest.mark.parametrize("path", VECTORS, ids=[path.stem for path in VECTORS])
def test_note_vectors(path: Path) -> None:
    vector = json.loads(path.read_text())
    if vector["kind"] == "valid" and vector["text"].startswith(ORIGIN):
        opened = open_checkpoint(vector["note"], vector["verifier_key"])
        assert [opened.origin, str(opened.size), b64encode(opened.root).decode()] == vector["text"].split("\n")[:3]
        return
    with pytest.raises(LogTampered):  # also the valid note of another product, which is no checkpoint
        open_checkpoint(vector["note"], vector["verifier_key"])


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n300\n",
        f"{ORIGIN}\n0300\n{'A' * 43}=\n",
        f"{ORIGIN}\n-3\n{'A' * 43}=\n",
        f"{ORIGIN}\n٣\n{'A' * 43}=\n",
        f"{ORIGIN}\n3\n{'A' * 42}==\n",
        f"\n3\n{'A' * 43}=\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = b"\x01" + key.public_key().public_bytes_raw()
    key_hash = sha256(f"{ORIGIN}\n".encode() + public).digest()[:4]
    signature = b64encode(key_hash + key.sign(text.encode())).decode()
    verifier_key = f"{ORIGIN}+{key_hash.hex()}+{b64encode(public).decode()}"
    with pytest.raises(LogTampered):
        open_checkpoint(f"{text}\n— {ORIGIN} {signature}\n", verifier_key)
