"""Checks of a server's log that trust nothing but the mathematics: RFC 6962 proofs and Ed25519 signed checkpoints.

Every check raises `LogTampered`; none returns False.

Source: RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verification), C2SP `signed-note` and `tlog-checkpoint`.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from facekeep_sdk.errors import LogTampered, NotCosigned

_ED25519, _COSIGNATURE = b"\x01", b"\x04"
_TIME_BYTES = 8
_LONGEST_PROOF = 64
_LONGEST_NOTE, _MOST_SIGNATURES = 256 * 1024, 64
_KEY_HASH_BYTES, _HASH_BYTES = 4, 32
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A checkpoint whose signature was checked: `root` is the 32-byte hash of the first `size` entries."""

    origin: str
    size: int
    root: bytes


def open_checkpoint(untrusted_note: str, verifier_key: str) -> TreeHead:
    """The tree head of a signed note, after its signature by `verifier_key` was checked."""
    return tree_head(open_note(untrusted_note, verifier_key))


def open_note(untrusted_note: str, verifier_key: str) -> str:
    """The text of a signed note, after its signature by `verifier_key` was checked."""
    name, key_hash, public_key = _parse_verifier_key(verifier_key)
    text, signatures = split_note(untrusted_note)
    ours = [one for signer, one in signatures if signer == name and one[:_KEY_HASH_BYTES] == key_hash]
    if not ours or not all(is_signed(one[_KEY_HASH_BYTES:], public_key, text) for one in ours):
        raise LogTampered("the checkpoint is not signed by the log's key")
    return text


def has_signature_of(untrusted_note: str, verifier_key: str) -> bool:
    """Whether a note claims to be signed by this key; nothing of that is checked."""
    name, key_hash, _ = _parse_verifier_key(verifier_key)
    _, signatures = split_note(untrusted_note)
    return any(signer == name and one[:_KEY_HASH_BYTES] == key_hash for signer, one in signatures)


def check_cosignature(untrusted_note: str, witness_key: str) -> int:
    """When the witness cosigned this checkpoint, in Unix seconds, after its signature was checked.

    Source: C2SP tlog-cosignature, version 1.
    """
    name, key_hash, public_key = _parse_verifier_key(witness_key, _COSIGNATURE)
    text, signatures = split_note(untrusted_note)
    ours = [one[_KEY_HASH_BYTES:] for signer, one in signatures if signer == name and one[:_KEY_HASH_BYTES] == key_hash]
    times = [int.from_bytes(one[:_TIME_BYTES], "big") for one in ours]
    if not ours:
        raise NotCosigned(f"the checkpoint is not cosigned by {name}")
    for one, time_s in zip(ours, times, strict=True):
        if not is_signed(one[_TIME_BYTES:], public_key, f"cosignature/v1\ntime {time_s}\n{text}"):
            raise LogTampered(f"the cosignature of {name} does not verify")
    return max(times)


def split_note(untrusted_note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note with its last newline, and who signed it with what: unverified, but exactly the format."""
    text, blank, lines = untrusted_note.rpartition("\n\n")
    found = [_SIGNATURE_LINE.fullmatch(line) for line in lines[:-1].split("\n")]
    is_short = len(untrusted_note) <= _LONGEST_NOTE and len(found) <= _MOST_SIGNATURES
    is_whole = text and blank and lines.endswith("\n") and is_short
    if not is_whole or any(one < " " and one != "\n" for one in untrusted_note):
        raise LogTampered("the checkpoint is malformed")
    signatures = [(match[1], decoded(match[2])) for match in found if match is not None]
    if len(signatures) != len(found) or any(len(one) <= _KEY_HASH_BYTES for _, one in signatures):
        raise LogTampered("the checkpoint is malformed")
    return f"{text}\n", signatures


def check_inclusion(leaf_hash: bytes, *, index: int, head: TreeHead, proof: Sequence[bytes]) -> None:
    """Check that `leaf_hash` is entry `index` of the tree of `head`."""
    if not 0 <= index < head.size:
        raise LogTampered("the proof does not fit the size of the log")
    _check_hashes(leaf_hash, head.root, *proof)
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
    if old.origin != new.origin or not 0 <= old.size <= new.size:
        raise LogTampered("the log is another one, or became shorter")
    _check_hashes(new.root, *proof)
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


def _check_hashes(*hashes: bytes) -> None:
    if len(hashes) > _LONGEST_PROOF + 2 or any(len(one) != _HASH_BYTES for one in hashes):
        raise LogTampered("the proof is too long, or holds something that is no hash")


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _parse_verifier_key(text: str, kind: bytes = _ED25519) -> tuple[str, bytes, bytes]:
    name, _, rest = text.partition("+")
    key_hash, _, encoded = rest.partition("+")
    key = decoded(encoded)
    expected = sha256(name.encode() + b"\n" + key).digest()[:4]
    if not name or key[:1] != kind or len(key) != 33 or expected.hex() != key_hash:
        raise LogTampered("the log's key is malformed")
    return name, expected, key[1:]


def is_signed(signature: bytes, public_key: bytes, text: str) -> bool:
    """Whether `signature` is the key's over `text`; False for keys and signatures that are none, too."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text.encode())
    except (InvalidSignature, ValueError):  # also text that no UTF-8 spells
        return False
    return True


def tree_head(text: str) -> TreeHead:
    """The tree head that a checkpoint's text tells of."""
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise LogTampered("the checkpoint is malformed")
    root = decoded(lines[2])
    if len(root) != _HASH_BYTES:
        raise LogTampered("the checkpoint is malformed")
    return TreeHead(lines[0], int(lines[1]), root)


def decoded(text: str) -> bytes:
    """Bytes of base64 that is spelled the one way its standard allows."""
    try:
        value = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LogTampered("not base64") from error
    if b64encode(value).decode() != text:
        raise LogTampered("not base64 as it should be")
    return value
