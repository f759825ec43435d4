"""What every message is made of, and the answers that fit any request."""

from typing import Annotated

import msgspec

MAX_FRAME_BYTES = 192 * 1024 * 1024  # the sums of one probe over 48 million templates
MAX_PROBES = 64
MAX_FACES_A_BATCH = 2048

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Page = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, kw_only=True):
    """One message. Subclasses are tagged by their name."""


class GetStatus(Message, frozen=True):
    """Sealed, open, or not initialized. Needs no session and tells nothing else."""


class Failure(Message, frozen=True):
    """No. `code` is one of `errors.Code`; `details` say what a program may want to know of it."""

    code: str
    message: str
    entry: int | None = None
    details: dict[str, str | int] = {}


class Done(Message, frozen=True):
    """Done and durable. `entry` is the log index, -1 where nothing was asked that is logged."""

    entry: int = -1


class Status(Message, frozen=True):
    """`state`: uninitialized, sealed, open or waiting. `method`: how it is unsealed. `shares_given`: so far."""

    state: str
    method: str = ""
    shares_given: int = 0
    shares_needed: int = 0
    quarantined: bool = False
    version: str = ""
    last_backup_at: str = ""
