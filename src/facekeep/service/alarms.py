"""Alarms, as an operator lists, acknowledges and tests them at the vault's own door. The server cannot."""

from collections.abc import Iterator
from typing import TypeAlias

from facekeep.service.administration import ask
from facekeep.settings import Settings
from facekeep.vault import wire

Alarm: TypeAlias = wire.AlarmView
Shown: TypeAlias = wire.AlarmShown


def alarms(settings: Settings, *, open_only: bool) -> Iterator[Alarm]:
    """Alarms, newest first; with `open_only` those that nobody has acknowledged."""
    cursor = ""
    while True:
        page = ask(settings, wire.ListAlarms(open_only=open_only, cursor=cursor), wire.AlarmPage)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def acknowledge(settings: Settings, alarm_id: str, *, by: str) -> Shown:
    """An alarm that `by` has looked into. Raises BadInput `not_found`."""
    return ask(settings, wire.AcknowledgeAlarm(alarm_id=alarm_id, by=by), Shown)


def test(settings: Settings) -> Shown:
    """A fresh alarm that tells of nothing."""
    return ask(settings, wire.TestAlarm(), Shown)
