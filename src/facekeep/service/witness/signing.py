"""A witness's own key, made at its first start; and Ed25519 for the pure `ledger`."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.cosignature import COSIGNATURE
from facekeep.ledger.note import VerifierKey, verifier_key
from facekeep.service.witness.files import replace_durably

_FILE = "key.json"


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    seed: bytes


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public half, and the private one to sign with."""

    public: VerifierKey
    private: Ed25519PrivateKey


def load_or_make(folder: Path, name: str) -> WitnessKey:
    """The key in the folder; made, of that name, where there is none.

    Raises
    ------
    BadInput
        `conflict`: the key has another name. `invalid_request`: a key cannot have this one.
    Tampered
        `log_altered`: the key's file is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        _public(name, Ed25519PrivateKey.generate())  # the name is refused before anything is written
        seed = Ed25519PrivateKey.generate().private_bytes_raw()
        replace_durably(path, msgspec.json.encode(_Stored(name, seed)))
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
        private = Ed25519PrivateKey.from_private_bytes(stored.seed)
    except (msgspec.DecodeError, ValueError) as error:
        raise Tampered(Code.LOG_ALTERED, "the witness's key is damaged") from error
    if stored.name != name:
        raise BadInput(Code.CONFLICT, f"the key in this folder is named {stored.name}")
    return WitnessKey(_public(name, private), private)


def signature_is_good(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is `public_key`'s over `message`; False also for keys and signatures that are none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _public(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    try:
        return verifier_key(name=name, public_key=private.public_key().public_bytes_raw(), kind=COSIGNATURE)
    except Tampered as error:
        raise BadInput(Code.INVALID_REQUEST, "a witness's name has no spaces and no plus signs") from error
