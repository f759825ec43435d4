"""The drill's passkey is one to the library that the vault verifies with, and only where it was made for."""

import pytest
import webauthn
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import InvalidAuthenticationResponse, InvalidRegistrationResponse
from webauthn.registration.verify_registration_response import VerifiedRegistration

from facekeep.service.drill.passkey import Passkey

CHALLENGE, ORIGIN = b"c" * 56, "http://localhost:8470"
PLACE = {"expected_challenge": CHALLENGE, "expected_rp_id": "localhost", "expected_origin": ORIGIN}


def _registered(passkey: Passkey) -> VerifiedRegistration:
    offer = {"rp": {"id": "localhost"}, "challenge": bytes_to_base64url(CHALLENGE)}
    return webauthn.verify_registration_response(
        credential=passkey.registered(offer), require_user_verification=True, **PLACE
    )


def _signed_in(passkey: Passkey, key: bytes, challenge: bytes = CHALLENGE) -> None:
    asked = {"rpId": "localhost", "challenge": bytes_to_base64url(challenge)}
    webauthn.verify_authentication_response(
        credential=passkey.signed(asked, "dXNlcg"), credential_public_key=key, credential_current_sign_count=0, **PLACE
    )


def test_it_registers_and_signs_in() -> None:
    passkey = Passkey(ORIGIN)
    made = _registered(passkey)
    assert made.credential_id == passkey.credential_id
    assert all(one in made.credential_public_key for one in passkey.public_key)
    _signed_in(passkey, made.credential_public_key)
    with pytest.raises(InvalidAuthenticationResponse):
        _signed_in(passkey, made.credential_public_key, b"other")
    with pytest.raises(InvalidAuthenticationResponse):
        _signed_in(Passkey(ORIGIN), made.credential_public_key)


def test_it_is_worthless_elsewhere_and_drawn_anew() -> None:
    with pytest.raises(InvalidRegistrationResponse):
        _registered(Passkey("http://elsewhere.example"))
    assert Passkey(ORIGIN).credential_id != Passkey(ORIGIN).credential_id
