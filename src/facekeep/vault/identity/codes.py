"""Secrets that are shown once and kept as keyed digests: API keys and invitations.

A code is a kind, a public name of 50 bits that finds its row, and 256 random bits. Known and unknown codes are refused
with the same bytes after the same work.
"""

import hmac
import os
import re
from base64 import b32encode
from dataclasses import dataclass, field

_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Code:
    """A fresh code: `name` is public, `text` is the whole of it."""

    name: str
    text: str = field(repr=False)


def fresh(kind: str) -> Code:
    """A new code, such as `fk_`, ten letters, and fifty-two more."""
    name = b32encode(os.urandom(7)).decode().lower()[:10]
    secret = b32encode(os.urandom(32)).decode().lower().rstrip("=")
    return Code(name, f"{kind}_{name}_{secret}")


def name_of(kind: str, untrusted_code: str) -> str:
    """The public name in a code, empty where it has none."""
    match = re.fullmatch(rf"{kind}_([a-z2-7]{{10}})_[a-z2-7]{{52}}", untrusted_code)
    return match.group(1) if match else ""


def digest(key: bytes, code: str) -> bytes:
    """What is kept of a code, 32 bytes."""
    return hmac.digest(key, code.encode(), "sha256")


def matches(key: bytes, untrusted_code: str, expected_digest: bytes | None) -> bool:
    """Whether the code is the one of that digest; None stands for no code at all and takes as long."""
    same = hmac.compare_digest(digest(key, untrusted_code), expected_digest or _NO_DIGEST)
    return same and expected_digest is not None
