"""`facekeep alarms`: what went off, at the vault on this machine."""

from getpass import getuser

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep.service import alarms
from facekeep.service.alarms import Alarm, Shown


@click.group()
def command() -> None:
    """List, acknowledge or test alarms, at the vault on this machine."""


@command.command("list")
@click.option("--open", "open_only", is_flag=True, help="Only those that nobody has acknowledged.")
@common
def list_(options: Options, open_only: bool) -> None:
    """List alarms, newest first."""
    found = list(alarms.alarms(options.settings(), open_only=open_only))
    if options.as_json:
        emit_json(found)
        return
    table(("Id", "When", "Kind", "Times", "Concerns", "Told", "Acknowledged"), [_row(one) for one in found])


@command.command()
@click.argument("alarm_id", metavar="ALARM")
@click.option("--by", default=getuser, help="Who looked into it.  [default: your account's name]")
@common
def acknowledge(options: Options, alarm_id: str, by: str) -> None:
    """Note that ALARM was looked into."""
    _show(alarms.acknowledge(options.settings(), alarm_id, by=by), options)


@command.command()
@common
def test(options: Options) -> None:
    """Raise an alarm that tells of nothing, to see that it arrives at the webhook."""
    _show(alarms.test(options.settings()), options)


def _row(one: Alarm) -> tuple[object, ...]:
    kind = f"{one.kind} (drill)" if one.is_drill else one.kind
    told = f"{one.state}, {one.last_outcome}" if one.last_outcome and one.state == "pending" else one.state
    return one.alarm_id, one.at, kind, one.times, one.organization_id or "-", told, one.acknowledged_by or "-"


def _show(shown: Shown, options: Options) -> None:
    if options.as_json:
        emit_json(shown)
    else:
        say(f"alarm {safe(shown.alarm.alarm_id)}; entry {shown.entry} of the keep's own log")
