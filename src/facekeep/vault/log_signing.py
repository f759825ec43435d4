"""Ed25519 for the log's notes: the two functions that the pure `ledger` takes as arguments."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from facekeep.ledger.note import VerifierKey, verifier_key


def verifier_key_of(signing_key: Ed25519PrivateKey, origin: str) -> VerifierKey:
    """The public half of a log's key, under the log's name."""
    return verifier_key(name=origin, public_key=signing_key.public_key().public_bytes_raw())


def signature_is_good(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is `public_key`'s over `message`; False also for keys and signatures that are none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
