"""A passkey in software, with which a drill joins its own keep and signs in, as a browser would answer for it.

Source: W3C WebAuthn Level 3, sections 5.8.1 (client data), 6.1 (authenticator data), 6.5.1 (attested credential data)
and 8.7 (attestation `none`).
"""

import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40
_NO_COUNTER = bytes(4)


@dataclass(frozen=True, slots=True)
class Passkey:
    """One key pair (P-256) for pages of `origin`, and the id that says which. All of it is drawn anew."""

    origin: str
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    @property
    def public_key(self) -> tuple[bytes, bytes]:
        """The coordinates of the public key, 32 bytes each."""
        numbers = self._key.public_key().public_numbers()
        return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")

    def registered(self, offer: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create()` answers to these options, in JSON."""
        x, y = self.public_key
        cose = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cose
        data = self._data(offer["rp"]["id"], _ATTESTED) + attested
        return self._credential(
            clientDataJSON=base64url(self._client_data("webauthn.create", offer["challenge"])),
            attestationObject=base64url(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})),
        )

    def signed(self, asked: dict[str, Any], user_id: str) -> dict[str, Any]:
        """What `navigator.credentials.get()` answers to these options, in JSON. `user_id` is the offer's, base64url."""
        data, client = self._data(asked["rpId"], 0), self._client_data("webauthn.get", asked["challenge"])
        signature = self._key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            clientDataJSON=base64url(client),
            authenticatorData=base64url(data),
            signature=base64url(signature),
            userHandle=user_id,
        )

    def _credential(self, **response: str) -> dict[str, Any]:
        own = base64url(self.credential_id)
        return {"id": own, "rawId": own, "type": "public-key", "response": response}

    def _data(self, rp_id: str, flags: int) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags | _PRESENT | _VERIFIED]) + _NO_COUNTER

    def _client_data(self, ceremony: str, challenge: str) -> bytes:
        said = {"type": ceremony, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()


def base64url(value: bytes) -> str:
    """Base64 of the URL alphabet, without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")
