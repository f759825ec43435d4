"""Raising an alarm: an entry in the log first, then a row that an operator acknowledges and a webhook is told of.

Entry and row hold ids, counts and settings. What is told outside holds the kind, the time and the alarm's id alone:
whoever reads the operator's mail learns nothing of customers.
"""

import msgspec

from facekeep.vault import alarm_register as register
from facekeep.vault import clock
from facekeep.vault.alarm_register import Alarm
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.keys import fresh_id
from facekeep.vault.open_vault import OpenVault

ACT = "alarm.raised"
_ACTOR = "keep"


def raise_alarm(vault: OpenVault, kind: str, facts: Facts, *, org_id: str = KEEP, is_drill: bool = False) -> Alarm:
    """An alarm of `kind` (words joined by dots and low lines), durable with its entries; tried to be told at once.

    Under the vault's lock, outside a transaction. The entry is the keep's own, and one more is the organization's
    where `org_id` names one. The same again within ten minutes is counted with the first, written as far as a flood of
    failures leaves room, and not told again.

    Raises
    ------
    Unavailable
        `log_unwritable`, `disk_full`. Whatever was to be refused with the alarm must be refused all the same.
    """
    known = register.same(vault.database, kind, org_id, facts)
    alarm_id = fresh_id("alm") if known is None else known.alarm_id
    if known is None or vault.guesses.spend():
        _write(vault, alarm_id, kind, org_id, facts)
    with vault.database.transaction():
        if known is None:
            register.add(vault.database, _fresh(vault, alarm_id, kind, org_id, facts, is_drill=is_drill))
        else:
            register.count_again(vault.database, known)
        vault.journal.save_anchor()
    return register.by_id(vault.database, alarm_id)


def body(alarm: Alarm) -> bytes:
    """What is sent: JSON with the kind, the time and the alarm's id, which is the delivery's too."""
    told = {"event": ACT, "delivery_id": alarm.alarm_id, "at": alarm.at, "alarm_id": alarm.alarm_id, "kind": alarm.kind}
    return msgspec.json.encode(told | {"drill": alarm.is_drill})


def _write(vault: OpenVault, alarm_id: str, kind: str, org_id: str, facts: Facts) -> None:
    told: Facts = {"alarm": alarm_id, **facts}
    vault.journal.write(KEEP, _ACTOR, ACT, kind, told | ({"organization": org_id} if org_id != KEEP else {}))
    if org_id != KEEP:
        vault.journal.write(org_id, _ACTOR, ACT, kind, told)


def _fresh(vault: OpenVault, alarm_id: str, kind: str, org_id: str, facts: Facts, *, is_drill: bool) -> Alarm:
    state = "unsent" if vault.alarm_hook is None else "pending"
    return Alarm(0, alarm_id, kind, org_id, facts, clock.timestamp(), 1, is_drill, None, "", state, 0, "")
