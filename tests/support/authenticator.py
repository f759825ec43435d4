"""An authenticator and the browser around it, in software: makes discoverable passkeys and signs with them.

Builds what W3C WebAuthn Level 3 says such devices send (sections 5.8.1, 6.1, 6.5.1 and 8.7), byte by byte, so that the
library under test is not what the tests are made with. Every argument named after a lie tells one.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from facekeep.vault.wire import Assertion, Registration

_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP, _ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
ES256, EDDSA = -7, -8


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Passkey:
    """One key pair on the device. `counter` grows with each signature, or stays 0 where the device has none."""

    credential_id: bytes
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    user_handle: bytes
    counter: int = 0
    counts: bool = True

    def clone(self) -> "Passkey":
        """The same key on another device."""
        return replace(self)

    def cose(self) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return cbor2.dumps({1: 1, 3: EDDSA, -1: 6, -2: self.key.public_key().public_bytes_raw()})
        numbers = self.key.public_key().public_numbers()
        x, y = (one.to_bytes(32, "big") for one in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: x, -3: y})

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        return self.key.sign(message, ec.ECDSA(SHA256()))

    def next_count(self) -> int:
        self.counter += self.counts
        return self.counter


@dataclass
class Authenticator:
    """A device in a browser that shows a page of `origin`."""

    origin: str = "http://localhost:8470"
    algorithm: int = ES256
    backed_up: bool = False
    counts: bool = True
    passkeys: list[Passkey] = field(default_factory=list)

    def register(self, challenge: bytes, rp_id: str, user_id: bytes, **lies: object) -> Registration:
        """A new passkey, as `navigator.credentials.create()` answers."""
        key = ed25519.Ed25519PrivateKey.generate() if self.algorithm == EDDSA else _p256()
        credential_id = lies.get("credential_id") or os.urandom(32)
        assert isinstance(credential_id, bytes)
        made = Passkey(credential_id, key, user_id, counts=self.counts)
        self.passkeys.append(made)
        attested = bytes(16) + len(made.credential_id).to_bytes(2, "big") + made.credential_id + made.cose()
        data = self._data(rp_id, made.next_count(), _ATTESTED, **lies) + attested
        attestation = cbor2.dumps({"fmt": lies.get("fmt", "none"), "attStmt": {}, "authData": data})
        client = self._client_data("webauthn.create", challenge, **lies)
        return Registration(made.credential_id, client, attestation, ("internal", "hybrid"))

    def sign(self, challenge: bytes, rp_id: str, passkey: Passkey | None = None, **lies: object) -> Assertion:
        """A signature with one of the passkeys, as `navigator.credentials.get()` answers."""
        used = passkey or self.passkeys[-1]
        data = self._data(rp_id, used.next_count(), 0, **lies)
        client = self._client_data("webauthn.get", challenge, **lies)
        signature = used.sign(data + sha256(client).digest())
        handle = lies.get("user_handle", used.user_handle)
        assert isinstance(handle, bytes)
        return Assertion(used.credential_id, client, data, signature, handle)

    def _data(self, rp_id: str, count: int, flags: int, **lies: object) -> bytes:
        flags |= (_VERIFIED if lies.get("verified", True) else 0) | (_PRESENT if lies.get("present", True) else 0)
        flags |= (_ELIGIBLE | _BACKED_UP) if self.backed_up else 0
        return sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _client_data(self, ceremony: str, challenge: bytes, **lies: object) -> bytes:
        said = {"type": lies.get("kind", ceremony), "challenge": b64(challenge)}
        origin, framed = lies.get("origin", self.origin), lies.get("framed", False)
        return json.dumps({**said, "origin": origin, "crossOrigin": framed}).encode()


def _p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def registration_json(made: Registration) -> dict[str, object]:
    """`PublicKeyCredential.toJSON()` of a registration."""
    response = {
        "clientDataJSON": b64(made.client_data_json),
        "attestationObject": b64(made.attestation_object),
        "transports": list(made.transports),
        "publicKeyAlgorithm": -7,
    }
    own = {"id": b64(made.credential_id), "rawId": b64(made.credential_id), "type": "public-key"}
    return {**own, "response": response, "clientExtensionResults": {"credProps": {"rk": True}}}


def assertion_json(signed: Assertion) -> dict[str, object]:
    """`PublicKeyCredential.toJSON()` of an assertion."""
    response = {
        "clientDataJSON": b64(signed.client_data_json),
        "authenticatorData": b64(signed.authenticator_data),
        "signature": b64(signed.signature),
        "userHandle": b64(signed.user_handle),
    }
    own = {"id": b64(signed.credential_id), "rawId": b64(signed.credential_id), "type": "public-key"}
    return {**own, "response": response, "clientExtensionResults": {}, "authenticatorAttachment": "platform"}
