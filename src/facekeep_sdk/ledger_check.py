"""Checks of a server's log that trust nothing but the mathematics: RFC 6962 proofs and Ed25519 signed checkpoints.

Every check raises `LogTampered`; none returns False.

Source: RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verification), C2SP `signed-note` and `tlog-checkpoint`.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from facekeep_sdk.errors import LogTampered

_ED25519 = b"\x01"
_LONGEST_PROOF = 64


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A checkpoint whose signature was checked: `root` is the 32-byte hash of the first `size` entries."""

    origin: str
    size: int
    root: bytes


def open_checkpoint(untrusted_note: str, verifier_key: str) -> TreeHead:
    """The tree head of a signed note, after its signature by `verifier_key` was checked."""
    name, key_hash, public_key = _parse_verifier_key(verifier_key)
    text, blank, signatures = untrusted_note.rpartition("\n\n")
    if not (blank and signatures.endswith("\n")) or any(ord(one) < 0x20 and one != "\n" for one in untrusted_note):
        raise LogTampered("the checkpoint is malformed")
    for line in signatures[:-1].split("\n"):
        signature = _decoded(line.split(" ")[-1]) if line.startswith(f"— {name} ") else b""
        if signature[:4] == key_hash and _is_signed(signature[4:], public_key, f"{text}\n"):
            return _tree_head(text)
    raise LogTampered("the checkpoint is not signed by the log's key")


def check_inclusion(leaf_hash: bytes, *, index: int, head: TreeHead, proof: Sequence[bytes]) -> None:
    """Check that `leaf_hash` is entry `index` of the tree of `head`."""
    if not 0 <= index < head.size or len(proof) > _LONGEST_PROOF:
        raise LogTampered("the proof does not fit the size of the log")
    position, last, root = index, head.size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise LogTampered("the proof is too long")
        if position & 1 or position == last:
            root = _node(sibling, root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            root = _node(root, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or root != head.root:
        raise LogTampered("an entry is not where the log claims it is")


def check_consistency(old: TreeHead, new: TreeHead, proof: Sequence[bytes]) -> None:
    """Check that the tree of `new` only adds to the tree of `old`."""
    if old.origin != new.origin or old.size > new.size or len(proof) > _LONGEST_PROOF:
        raise LogTampered("the log is another one, or became shorter")
    if old.size in {0, new.size}:
        if proof or (old.size and old.root != new.root):
            raise LogTampered("the log shows two different states of one size")
        return
    path = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    position, last = old.size - 1, new.size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    if not path:
        raise LogTampered("the proof is empty")
    old_root = new_root = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise LogTampered("the proof is too long")
        if position & 1 or position == last:
            old_root, new_root = _node(sibling, old_root), _node(sibling, new_root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new_root = _node(new_root, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or old_root != old.root or new_root != new.root:
        raise LogTampered("the log was changed: it does not extend what was seen before")


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _parse_verifier_key(text: str) -> tuple[str, bytes, bytes]:
    name, _, rest = text.strip().partition("+")
    key_hash, _, encoded = rest.partition("+")
    key = _decoded(encoded)
    expected = sha256(name.encode() + b"\n" + key).digest()[:4]
    if not name or key[:1] != _ED25519 or len(key) != 33 or expected.hex() != key_hash.lower():
        raise LogTampered("the log's key is malformed")
    return name, expected, key[1:]


def _is_signed(signature: bytes, public_key: bytes, text: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _tree_head(text: str) -> TreeHead:
    lines = text.split("\n")
    if len(lines) < 3 or not lines[0] or not lines[1].isascii() or not lines[1].isdecimal():
        raise LogTampered("the checkpoint is malformed")
    root = _decoded(lines[2])
    if len(root) != sha256().digest_size or str(int(lines[1])) != lines[1]:
        raise LogTampered("the checkpoint is malformed")
    return TreeHead(lines[0], int(lines[1]), root)


def _decoded(text: str) -> bytes:
    """Bytes of base64 that is spelled the one way its standard allows."""
    try:
        value = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LogTampered("not base64") from error
    if b64encode(value).decode() != text:
        raise LogTampered("not base64 as it should be")
    return value
