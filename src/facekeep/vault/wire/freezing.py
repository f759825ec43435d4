"""Stopping a session, a key, a member or an organization, and letting it go on."""

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Id, Message


class FreezeMember(Message, frozen=True):
    """Stop a member of the caller's organization at once: every session and key of theirs."""

    session: SessionToken
    member_id: Id


class ListFreezes(Message, frozen=True):
    """What is frozen of the caller's organization."""

    session: SessionToken


class LiftFreeze(Message, frozen=True):
    """One person's word that it may go on; two different people's are needed. `kind` is one of `freezes.Kind`."""

    session: SessionToken
    kind: Id
    subject_id: Id


class FreezeView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One freeze. `member_id` is whose session or key it is, empty for an organization; `words` how many were said."""

    kind: str
    subject_id: str
    member_id: str
    why: str
    frozen_by: str
    frozen_at: str
    words: int


class FreezeList(Message, frozen=True):
    """Freezes, oldest first."""

    items: tuple[FreezeView, ...]


class LiftSaid(Message, frozen=True):
    """Whether it goes on now, or waits for another person's word."""

    is_lifted: bool
    entry: int


class Freeze(Message, frozen=True):
    """The operator stops something of anybody's at once."""

    kind: Id
    subject_id: Id


class Unfreeze(Message, frozen=True):
    """The operator's word that it may go on, which is one person's."""

    kind: Id
    subject_id: Id


class End(Message, frozen=True):
    """End a session, a key or a membership for good; an organization is left frozen, without keys and sessions."""

    kind: Id
    subject_id: Id


class Panic(Message, frozen=True):
    """Seal within a second, whatever the vault is doing and whether its disk answers or not."""
