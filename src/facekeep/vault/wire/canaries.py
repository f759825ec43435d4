"""Canaries: the operator lists, tests and replaces them. No message of the server's tells of one."""

import msgspec

from facekeep.vault.wire.base import Message


class CanaryView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decoy: `thing` is an id, or a file's name from the data folder (`is_file`), and `is_watched` holds of files."""

    canary_id: str
    kind: str
    thing: str
    made_at: str
    retired_at: str | None
    is_file: bool
    is_watched: bool


class ListCanaries(Message, frozen=True):
    """Every decoy; with `retired` those too that were replaced."""

    retired: bool = False


class CanaryList(Message, frozen=True):
    """Decoys, oldest first, and kinds that lie nowhere yet."""

    items: tuple[CanaryView, ...]
    missing: tuple[str, ...] = ()
    entry: int = -1


class TestCanaries(Message, frozen=True):
    """Touch every decoy as a thief would, as far as the vault can; the files are the asker's to open at once."""


class RotateCanaries(Message, frozen=True):
    """Replace every decoy by a fresh one."""
