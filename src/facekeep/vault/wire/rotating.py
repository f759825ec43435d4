"""Rotating keys, which an operator does."""

from typing import Annotated

import msgspec

from facekeep.vault.wire.base import Id, Message

Secret = Annotated[str, msgspec.Meta(max_length=4_096)]


class DrawShares(Message, frozen=True):
    """Five fresh word shares. They open nothing until a root key was rotated to them."""


class SharesDrawn(Message, frozen=True):
    """Shown once."""

    shares: tuple[str, ...]


class RotateRoot(Message, frozen=True):
    """A fresh root key, under a fresh secret that opens the vault from now on.

    `present` proves that whoever asks may: the passphrase, the path of the key file, or three shares, a line each.
    `secret` is, by `method`, a new passphrase, the path of the key file, or three of the drawn shares, a line each.
    """

    present: Secret
    method: str
    secret: Secret


class RootRotated(Message, frozen=True):
    """Done. `entry` is the keep's own; requests waited for `pause_ms`."""

    entry: int
    pause_ms: int


class RotateOrganization(Message, frozen=True):
    """A fresh key for an organization, under which everything is sealed again that was sealed under the old one."""

    organization_id: Id


class RotateBlocks(Message, frozen=True):
    """Have every live block sealed under a fresh secret: an organization's, or everybody's where none is named.

    The server does it while searches go on.
    """

    organization_id: Annotated[str, msgspec.Meta(max_length=64)] = ""


class CountDueBlocks(Message, frozen=True):
    """How many blocks are still to be sealed under a fresh secret."""


class DueBlocks(Message, frozen=True):
    """`blocks` are to be done; `entry` is the keep's own, -1 where nothing was asked that is logged."""

    blocks: int
    entry: int = -1


class RotateLogKey(Message, frozen=True):
    """A fresh key for the log's checkpoints. The old one signs a note that names it, and is destroyed."""


class LogKeyRotated(Message, frozen=True):
    """The new public key, and the note that leads there from the old one. `entry` is the keep's own."""

    entry: int
    verifier_key: str
    handover: str
