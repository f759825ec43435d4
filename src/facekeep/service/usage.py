"""What an organization used, by day and kind, for its own admins and auditors."""

from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.vault.wire import ShowUsage, UsageDay, UsageShown


def show_usage(
    keep: Keep, session: SessionToken, *, first_day: str | None, last_day: str | None
) -> tuple[UsageDay, ...]:
    """The days on which something was used, in order."""
    return keep.vault.call(ShowUsage(session=session, first_day=first_day, last_day=last_day), UsageShown).days
