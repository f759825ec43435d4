"""What the operator allows beyond the signals' limits, and what the server reports to them."""

from typing import Annotated

import msgspec

from facekeep.vault.wire.base import Id, Message

WitnessName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._/+-]{1,120}$")]


class AllowReading(Message, frozen=True):
    """Let a member read a collection of theirs without being counted, for so many hours."""

    member_id: Id
    collection_id: Id
    hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 14)]


class WitnessRefused(Message, frozen=True):
    """A witness says that it has seen another history of this log. The keep's own, so there is no session."""

    witness: WitnessName
