"""The names that a message holds, wherever in it they stand: ids, codes, and ids of credentials in hex.

Sessions are no names, and long texts and bytes are contents.
"""

import msgspec

_LONGEST = 100
_NOT_NAMES = frozenset({"session", "message", "template", "crop", "facts", "ciphertext"})


def names_in(value: object) -> list[str]:
    """Every short text and every short run of bytes in a message, in their order."""
    found: list[str] = []
    _gather(value, found)
    return found


def _gather(value: object, found: list[str]) -> None:
    """Add the names in a value; of a text also the public name in a code such as an API key."""
    if isinstance(value, str):
        if len(value) <= _LONGEST:
            found.append(value)
            found += value.split("_")[1:2]
    elif isinstance(value, bytes):
        if len(value) <= _LONGEST:
            found.append(value.hex())
    elif isinstance(value, tuple):
        for one in value:
            _gather(one, found)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name not in _NOT_NAMES:
                _gather(getattr(value, name), found)
