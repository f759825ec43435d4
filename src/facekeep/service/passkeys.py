"""Passkeys between browser and vault: what a browser is asked for, and what it answers.

The options are those of W3C WebAuthn Level 3, sections 5.4 and 5.5, as JSON (`parseCreationOptionsFromJSON`).
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from facekeep.vault.wire import Assertion, Challenge, Registration

_ALGORITHMS = (-8, -7, -257)  # EdDSA, ES256, RS256
Options = dict[str, object]


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A browser's answer to `navigator.credentials.create()`, base64 taken off. Nothing in it was checked."""

    credential_id: bytes
    client_data_json: bytes
    attestation_object: bytes
    transports: tuple[str, ...] = ()

    def message(self) -> Registration:
        """The same for the vault."""
        return Registration(self.credential_id, self.client_data_json, self.attestation_object, self.transports)


@dataclass(frozen=True, slots=True)
class Signature:
    """A browser's answer to `navigator.credentials.get()`, base64 taken off. Nothing in it was checked."""

    credential_id: bytes
    client_data_json: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes = b""

    def message(self) -> Assertion:
        """The same for the vault."""
        return Assertion(
            self.credential_id, self.client_data_json, self.authenticator_data, self.signature, self.user_handle
        )


@dataclass(frozen=True, slots=True)
class SignatureAsked:
    """What to sign, and the ticket to send back with the signature."""

    ticket: bytes
    public_key: Options
    expires_in_s: int


def signature_asked(challenge: Challenge) -> SignatureAsked:
    """A challenge as a browser takes it."""
    options: Options = {
        "challenge": base64url(challenge.ticket),
        "rpId": challenge.rp_id,
        "timeout": 1000 * challenge.expires_in_s,
        "userVerification": "required",
        "allowCredentials": _descriptors(challenge.credential_ids),
    }
    return SignatureAsked(challenge.ticket, options, challenge.expires_in_s)


def creation_options(
    *, ticket: bytes, rp_id: str, user_id: bytes, name: str, timeout_s: int, known_ids: Sequence[bytes] = ()
) -> Options:
    """What a browser makes a discoverable passkey from. Attestation is not asked for."""
    return {
        "challenge": base64url(ticket),
        "rp": {"id": rp_id, "name": "facekeep"},
        "user": {"id": base64url(user_id), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in _ALGORITHMS],
        "timeout": 1000 * timeout_s,
        "attestation": "none",
        "excludeCredentials": _descriptors(known_ids),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
    }


def base64url(value: bytes) -> str:
    """RFC 4648 section 5 without padding, as WebAuthn writes bytes."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def _descriptors(credential_ids: Sequence[bytes]) -> list[dict[str, str]]:
    return [{"type": "public-key", "id": base64url(one)} for one in credential_ids]
