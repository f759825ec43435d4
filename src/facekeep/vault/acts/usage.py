"""What the caller's organization used."""

from facekeep.errors import BadInput, Code
from facekeep.vault import clock, usage, wire
from facekeep.vault.identity import Caller
from facekeep.vault.open_vault import OpenVault

_USUAL_DAYS = 30
_MOST_DAYS = 400


def show_usage(vault: OpenVault, caller: Caller, message: wire.ShowUsage) -> wire.UsageShown:
    """Counts by day and kind, of this organization alone."""
    today = clock.day_number()
    first = today - _USUAL_DAYS if message.first_day is None else clock.parsed_day(message.first_day)
    last = today if message.last_day is None else clock.parsed_day(message.last_day)
    if not 0 <= last - first < _MOST_DAYS:
        raise BadInput(Code.INVALID_REQUEST, f"expected at most {_MOST_DAYS} days, the first one first")
    found = usage.days(vault.database, caller.org_id, first, last)
    return wire.UsageShown(days=tuple(wire.UsageDay(clock.date_of(day), **kinds) for day, kinds in found.items()))
