"""`facekeep canary`: the decoys of a keep, at the vault on this machine."""

import click

from facekeep.cli.exits import Exit
from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import emit_json, note, table
from facekeep.service import canaries
from facekeep.service.canaries import Canaries, Canary


@click.group()
def command() -> None:
    """List, test or replace the decoys of this keep, at the vault on this machine."""


@command.command("list")
@click.option("--retired", is_flag=True, help="Those too that were replaced.")
@common
def list_(options: Options, retired: bool) -> None:
    """List the decoys. Whoever sees this list knows what not to touch."""
    _show(canaries.canaries(options.settings(), retired=retired), options)


@command.command()
@common
@click.pass_context
def test(ctx: click.Context, options: Options) -> None:
    """Touch every decoy in a marked drill, and say how long each alarm took."""
    tested = canaries.test(options.settings())
    if options.as_json:
        emit_json(tested)
    else:
        rows = [(one.kind, one.thing, _seconds(one.alarm_s), _seconds(one.told_s)) for one in tested]
        table(("Kind", "Decoy", "Alarm after", "Told after"), rows)
    if any(one.alarm_s is None for one in tested):
        ctx.exit(Exit.UNEXPECTED)


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def rotate(options: Options, yes: bool) -> None:
    """Replace every decoy by a fresh one. The old ones still give away who uses them."""
    confirmed("Replace every decoy?", yes=yes)
    _show(canaries.rotate(options.settings()), options)


def _show(found: Canaries, options: Options) -> None:
    if options.as_json:
        emit_json(found)
        return
    table(("Kind", "Decoy", "Since", "State"), [(one.kind, one.thing, one.made_at, _state(one)) for one in found.items])
    if found.missing:
        note(f"not placed yet, or not wanted: {', '.join(found.missing)}")


def _state(one: Canary) -> str:
    if one.retired_at is not None:
        return f"replaced {one.retired_at}"
    return "armed" if one.is_watched or not one.is_file else "not watched"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
