"""What an organization used, for its own bill."""

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Message
from facekeep.vault.wire.cases import Time


class UsageDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day (UTC). Probes answered, pairs compared, faces enrolled; probes of evaluation collections apart."""

    day: str
    searches: int = 0
    verifications: int = 0
    enrollments: int = 0
    evaluation_searches: int = 0


class ShowUsage(Message, frozen=True):
    """The days from `first_day` to `last_day`, both included (ISO 8601 dates); None is 30 days ago, and today."""

    session: SessionToken
    first_day: Time | None = None
    last_day: Time | None = None


class UsageShown(Message, frozen=True):
    """The days on which something was used, in order."""

    days: tuple[UsageDay, ...]
