"""A log that a fake server shows to a client."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.ledger.tree import consistency_proof, inclusion_proof, leaf_hash, node_hash, root_at

ORIGIN = "keep.example/log"


class Log:
    """A log that a fake server shows: signed, with proofs, and as dishonest as a test makes it."""

    def __init__(self, salt: bytes = b"", seed: int = 1) -> None:
        self.leaves = [leaf_hash(salt + bytes([number])) for number in range(40)]
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)

    def hash_at(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.leaves[index]
        return node_hash(self.hash_at(level - 1, 2 * index), self.hash_at(level - 1, 2 * index + 1))

    def checkpoint(self, size: int) -> dict[str, str]:
        text = f"{ORIGIN}\n{size}\n{_text(root_at(size, self.hash_at))}\n"
        public = b"\x01" + self._key.public_key().public_bytes_raw()
        key_hash = sha256(f"{ORIGIN}\n".encode() + public).digest()[:4]
        note = f"{text}\n— {ORIGIN} {_text(key_hash + self._key.sign(text.encode()))}\n"
        return {"note": note, "verifier_key": f"{ORIGIN}+{key_hash.hex()}+{_text(public)}"}

    def show(self, server: Any, size: int, old: int = 0) -> None:
        server.answers.clear()
        server.answer("GET /v1/log/checkpoint", self.checkpoint(size))
        hashes = [_text(one) for one in consistency_proof(old, size, self.hash_at)] if 0 < old < size else []
        path = f"GET /v1/log/consistency?old_size={old}&new_size={size}"
        server.answer(path, {"hashes": hashes, "size": size, "leaf_hash": ""})

    def show_entries(self, server: Any, size: int, indices: list[int], numbers: list[int] | None = None) -> None:
        """The organization's entries 0, 1, … lie at `indices` of the tree."""
        numbers = numbers or list(range(len(indices)))
        entries = [{"entry": n, "at": "", "actor": "", "act": "", "outcome": "", "facts": {}} for n in numbers]
        server.answer("GET /v1/log/entries?start=0&limit=100", {"entries": entries, "next_start": None})
        for number, index in zip(numbers, indices, strict=True):
            path = f"GET /v1/log/proof?entry={number}&size={size}"
            if index < size:
                hashes = [_text(one) for one in inclusion_proof(index, size, self.hash_at)]
                proof = {"hashes": hashes, "size": size, "leaf_hash": _text(self.leaves[index]), "index": index}
                server.answer(path, proof)
            else:
                server.refuse(path, "not_yet_published", status=503)


def _text(value: bytes) -> str:
    return b64encode(value).decode()
