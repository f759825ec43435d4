"""Sign-in names for passwords. The vault makes them, so that no answer tells whether a name is in use.

A name is what people remember, a dot, and five random letters: `ana.diaz.k7qm2`.
"""

import hmac
import unicodedata
from base64 import b32encode

_LONGEST = 24
_LETTERS = 5


def made_from(name: str, random: bytes) -> str:
    """A sign-in name for a person called `name`; `random` is five bytes or more."""
    words = "".join(one if one.isalnum() else " " for one in normalized(name)).split()
    base = ".".join(words)[:_LONGEST].strip(".") or "member"
    return f"{base}.{b32encode(random).decode().lower()[:_LETTERS]}"


def normalized(untrusted_handle: str) -> str:
    """What counts of a sign-in name: compatibility forms, capitals and spaces around it do not."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", untrusted_handle).casefold()).strip()


def tag(key: bytes, untrusted_handle: str) -> bytes:
    """The keyed digest that a sign-in name is looked up by, 32 bytes."""
    return hmac.digest(key, b"handle\0" + normalized(untrusted_handle).encode(), "sha256")
