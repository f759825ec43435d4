"""Names of blobs: the random id, in one of 256 sub-folders, and nothing else that could tell a thief anything."""

import re
from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from facekeep.errors import BadInput, Code

_ID = re.compile(r"[a-z0-9_]{1,64}")
SHARDS = tuple(f"{number:02x}" for number in range(256))

Id = TypeVar("Id", bound=str)


class Folder(StrEnum):
    """The two kinds of blobs."""

    PHOTOS = "photos"
    BLOCKS = "blocks"


def checked(untrusted_ids: Iterable[Id]) -> list[Id]:
    """The same ids as a list without repeats, once all are known to be plain: a-z, 0-9 and underscore, at most 64.

    Raises
    ------
    BadInput
        `invalid_request`; the id is not repeated in the message.
    """
    ids = list(dict.fromkeys(untrusted_ids))
    if not all(_ID.fullmatch(one) for one in ids):
        raise BadInput(Code.INVALID_REQUEST, "an id may hold only a-z, 0-9 and underscore, at most 64 characters")
    return ids


def blob_name(folder: Folder, untrusted_id: str) -> str:
    """`folder/shard/id`. The shard comes from a digest, so it is even whatever prefix ids share.

    Raises
    ------
    BadInput
        `invalid_request`; a path separator or a dot never gets into a name.
    """
    (plain_id,) = checked([untrusted_id])
    return f"{folder}/{SHARDS[sha256(plain_id.encode()).digest()[0]]}/{plain_id}"
