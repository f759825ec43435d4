"""The shapes of requests and answers about freezes."""

from typing import Literal

from facekeep.web.native.models import Asked, Id, Told

KindName = Literal["session", "key", "member", "organization"]


class FreezeAsked(Asked):
    """Something frozen, by its kind and id, as the list of freezes names it."""

    kind: KindName
    subject_id: Id


class Freeze(Told):
    """One freeze. `member_id` is whose it is, empty for an organization; `words` of how many people were said."""

    kind: KindName
    subject_id: str
    member_id: str
    why: str
    frozen_by: str
    frozen_at: str
    words: int


class Freezes(Told):
    """What is frozen, oldest first."""

    items: list[Freeze]


class LiftSaid(Told):
    """Whether it goes on now, or waits for another person's word."""

    is_lifted: bool
    entry: int
