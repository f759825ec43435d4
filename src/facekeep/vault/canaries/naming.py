"""The names that a message holds, wherever in it they stand: ids, codes, and ids of credentials in hex.

Sessions are no names, and long texts and bytes are contents.
"""

from collections.abc import Iterator
from itertools import chain

import msgspec

_LONGEST = 100
_NOT_NAMES = frozenset({"session", "message", "template", "crop", "facts", "ciphertext"})


def names_in(value: object) -> Iterator[str]:
    """Every short text and every short run of bytes in a message, in their order."""
    if isinstance(value, str):
        if len(value) <= _LONGEST:
            yield from _of_text(value)
    elif isinstance(value, bytes):
        if len(value) <= _LONGEST:
            yield value.hex()
    elif isinstance(value, msgspec.Struct):
        fields = (getattr(value, name) for name in value.__struct_fields__ if name not in _NOT_NAMES)
        yield from chain.from_iterable(names_in(one) for one in fields)
    elif isinstance(value, tuple):
        yield from chain.from_iterable(names_in(one) for one in value)


def _of_text(text: str) -> Iterator[str]:
    """The text, and the public name in a code such as an API key."""
    yield text
    yield from text.split("_")[1:2]
