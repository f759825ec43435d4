"""A second factor as people and their authenticator apps read it."""

from base64 import b32encode
from dataclasses import dataclass
from urllib.parse import quote

_ISSUER = "facekeep"


@dataclass(frozen=True, slots=True)
class PasswordOffered:
    """A sign-in name, and the secret for an authenticator app: in base32, and as the address a QR code carries."""

    handle: str
    totp_secret: str
    totp_uri: str


def offered(handle: str, secret: bytes) -> PasswordOffered:
    """A second factor to show once."""
    text = b32encode(secret).decode().rstrip("=")
    uri = f"otpauth://totp/{_ISSUER}:{quote(handle, safe='')}?secret={text}&issuer={_ISSUER}"
    return PasswordOffered(handle, text, uri)
