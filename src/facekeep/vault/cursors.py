"""Where the next page of a listing begins: a row number, sealed, so that it counts nothing for whoever holds it.

A cursor is good for its own listing only, and stays good when the row it was made from is forgotten.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from facekeep.errors import BadInput, Code, Tampered
from facekeep.vault.keys import derive, unwrap, wrap

_BYTES = 8


def cursor_after(key: bytes, listing: str, number: int) -> str:
    """The cursor of the page after row `number` of `listing`, sealed under `key`."""
    return urlsafe_b64encode(wrap(derive(key, "cursors"), number.to_bytes(_BYTES, "big"), listing)).decode()


def start_of(key: bytes, listing: str, untrusted_cursor: str) -> int:
    """The row number after which the page begins; 0 for no cursor.

    Raises
    ------
    BadInput
        `invalid_request`: not a cursor of this listing.
    """
    if not untrusted_cursor:
        return 0
    try:
        return int.from_bytes(unwrap(derive(key, "cursors"), urlsafe_b64decode(untrusted_cursor), listing), "big")
    except (Tampered, ValueError) as error:
        raise BadInput(Code.INVALID_REQUEST, "the cursor is not one of this listing") from error
