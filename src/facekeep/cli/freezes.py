"""`facekeep members freeze|unfreeze|frozen`: stop a member of your organization, and let them go on."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, say, table

KINDS = ("session", "key", "member", "organization")


@click.command()
@click.argument("member_id", metavar="MEMBER")
@common
def freeze(options: Options, member_id: str) -> None:
    """Stop MEMBER (an id) at once: every session and key. Nothing is lost; two people let them go on."""
    with options.client() as client:
        done = client.freeze_member(member_id)
    if options.as_json:
        emit_json(done)
    else:
        say(f"frozen, log entry {done.entry}")


@click.command()
@click.argument("subject_id", metavar="ID")
@click.option("--kind", type=click.Choice(KINDS), default="member", show_default=True, help="What ID is the id of.")
@common
def unfreeze(options: Options, subject_id: str, kind: str) -> None:
    """Say that something frozen may go on. Two different people have to, or one and the operator."""
    with options.client() as client:
        said = client.lift_freeze(kind, subject_id)
    if options.as_json:
        emit_json(said)
    else:
        words = "it goes on" if said.is_lifted else "noted; another person has to say so too"
        say(f"{words}, log entry {said.entry}")


@click.command()
@common
def frozen(options: Options) -> None:
    """List what is frozen of your organization, and how many people said that it may go on."""
    with options.client() as client:
        found = client.freezes().items
    if options.as_json:
        emit_json(found)
        return
    rows = [(one.kind, one.subject_id, one.why, one.frozen_by, one.frozen_at, one.words) for one in found]
    table(("Kind", "Id", "Why", "By", "Since", "Words"), rows)
