"""Alarms: the operator's listing, acknowledging and testing; and signing what the server carries to the webhook."""

from facekeep.errors import BadInput
from facekeep.vault import alarm_register as register
from facekeep.vault import clock, wire
from facekeep.vault.alarm_register import Alarm
from facekeep.vault.alarms import body, raise_alarm
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.journal import KEEP
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.standing.deliveries import signature

_LISTING = "alarms"


def list_alarms(vault: OpenVault, message: wire.ListAlarms) -> wire.AlarmPage:
    """A page of alarms, newest first."""
    vault.journal.write(KEEP, "operator", "alarm.list", "done", {})
    start = start_of(vault.credential_key, _LISTING, message.cursor)
    found = register.page(vault.database, start, message.limit, open_only=message.open_only)
    more = cursor_after(vault.credential_key, _LISTING, found[-1].number) if len(found) == message.limit else ""
    return wire.AlarmPage(items=tuple(_view(one) for one in found), next_cursor=more)


def acknowledge_alarm(vault: OpenVault, message: wire.AcknowledgeAlarm) -> wire.AlarmShown:
    """One alarm that somebody has looked into."""
    found = register.by_id(vault.database, message.alarm_id)
    entry = vault.journal.write(KEEP, "operator", "alarm.acknowledge", "done", {"alarm": found.alarm_id})
    with vault.database.transaction():
        register.acknowledge(vault.database, found, message.by)
        vault.journal.save_anchor()
    return wire.AlarmShown(alarm=_view(register.by_id(vault.database, found.alarm_id)), entry=entry)


def raise_test(vault: OpenVault, _message: wire.TestAlarm) -> wire.AlarmShown:
    """An alarm that tells of nothing."""
    entry = vault.journal.write(KEEP, "operator", "alarm.test", "done", {})
    return wire.AlarmShown(alarm=_view(raise_alarm(vault, "alarm.test", {"entry": entry}, is_drill=True)), entry=entry)


def sign_alarm(vault: OpenVault, _message: wire.SignAlarm) -> wire.SignedAlarm:
    """The next alarm that is to be told, counted as attempted and signed for this moment."""
    _give_up_old(vault)
    due = None if vault.alarm_hook is None else register.next_due(vault.database)
    if due is None or vault.alarm_hook is None:
        return wire.SignedAlarm(alarm_id=None)
    _write(vault, due, "asked")
    with vault.database.transaction():
        register.begin_attempt(vault.database, due)
        vault.journal.save_anchor()
    content, now = body(due), int(clock.now().timestamp())
    signed = signature(vault.alarm_hook.secret, content, now)
    return wire.SignedAlarm(alarm_id=due.alarm_id, url=vault.alarm_hook.url, body=content, signature=signed)


def alarm_sent(vault: OpenVault, message: wire.AlarmSent) -> wire.Done:
    """What the server says became of an attempt. What is settled or was never signed stays as it is."""
    try:
        found = register.by_id(vault.database, message.alarm_id)
    except BadInput:
        return wire.Done()
    if found.state == "pending" and found.attempts:
        _write(vault, found, message.outcome)
        with vault.database.transaction():
            register.end_attempt(vault.database, found, message.outcome)
            vault.journal.save_anchor()
    return wire.Done()


def _give_up_old(vault: OpenVault) -> None:
    for one in register.given_up(vault.database):
        _write(vault, one, "given_up")
        with vault.database.transaction():
            register.give_up(vault.database, one)
            vault.journal.save_anchor()


def _write(vault: OpenVault, one: Alarm, outcome: str) -> None:
    vault.journal.write(KEEP, "keep", "alarm.sent", outcome, {"alarm": one.alarm_id, "attempts": one.attempts})


def _view(one: Alarm) -> wire.AlarmView:
    return wire.AlarmView(
        alarm_id=one.alarm_id,
        kind=one.kind,
        at=one.at,
        organization_id=one.org_id,
        facts=dict(one.facts),
        times=one.times,
        is_drill=one.is_drill,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=one.acknowledged_by,
        state=one.state,
        attempts=one.attempts,
        last_outcome=one.last_outcome,
    )
