"""An export of a log as a keep would write it, made here line by line."""

import json
import os
from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.ledger.note import Checkpoint, sign_note
from facekeep.ledger.tiles import Tile, hash_reader
from facekeep.ledger.tree import inclusion_proof, leaf_hash, root_at
from facekeep.vault.log_entries import LogRecord, entry_key, seal_entry
from facekeep.vault.log_padding import padding
from facekeep.vault.log_signing import verifier_key_of

SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
KEY = verifier_key_of(SIGNING_KEY, "keep.example/log")
ORG, OTHER = b"o" * 32, b"x" * 32
Line = dict[str, object]


def seal(number: int, act: str, org_key: bytes = ORG) -> tuple[bytes, bytes]:
    """A leaf and its key."""
    record = LogRecord(number=number, at=f"2026-01-02T03:04:{number:02d}Z", actor="k", act=act, outcome="done")
    salt = os.urandom(16)
    return seal_entry(record, org_key=org_key, salt=salt, nonce=os.urandom(12)), entry_key(org_key, salt)


def exported(acts: list[str], numbers: list[int] | None = None) -> list[Line]:
    """The lines of an export of entries with these acts, among another organization's and padding."""
    mine = [seal(number, act) for number, act in zip(numbers or range(len(acts)), acts, strict=True)]
    leaves, places = [], []
    for number, (leaf, _) in enumerate(mine):
        leaves += [seal(number, "search.ask", OTHER)[0], leaf, *padding(1)]
        places.append(len(leaves) - 2)
    tree = Tile.of(b"".join(leaf_hash(leaf) for leaf in leaves))
    hash_at = hash_reader(lambda _level, _index: tree)
    note = sign_note(
        Checkpoint(KEY.name, len(leaves), root_at(len(leaves), hash_at)).text, key=KEY, sign=SIGNING_KEY.sign
    )
    header: Line = {"format": "facekeep-log-export", "version": 1, "checkpoint": note}
    return [header] + [
        {
            "index": place,
            "leaf": text(leaf),
            "key": text(key),
            "hashes": [text(one) for one in inclusion_proof(place, len(leaves), hash_at)],
        }
        for place, (leaf, key) in zip(places, mine, strict=True)
    ]


def text(value: bytes) -> str:
    return b64encode(value).decode()


def packed(lines: list[Line]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)
