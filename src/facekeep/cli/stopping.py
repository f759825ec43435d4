"""`facekeep vault freeze|unfreeze|end|panic`: stop what should not go on, at the vault's own door."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import emit_json, say
from facekeep.service import stopping

_kind = click.argument("kind", type=click.Choice(stopping.KINDS))
_subject = click.argument("subject_id", metavar="ID")


@click.command()
@_kind
@_subject
@common
def freeze(options: Options, kind: str, subject_id: str) -> None:
    """Stop a session, key, member or organization at once. Nothing is lost; two people let it go on."""
    entry = stopping.freeze(options.settings(), kind=kind, subject_id=subject_id)
    _show(options, f"frozen, log entry {entry}", entry=entry)


@click.command()
@_kind
@_subject
@common
def unfreeze(options: Options, kind: str, subject_id: str) -> None:
    """Say that something frozen may go on. Your word is one person's; another's is needed."""
    is_lifted, entry = stopping.unfreeze(options.settings(), kind=kind, subject_id=subject_id)
    words = "it goes on" if is_lifted else "noted; an admin or privacy officer of the organization has to say so too"
    _show(options, f"{words}, log entry {entry}", entry=entry, is_lifted=is_lifted)


@click.command()
@_kind
@_subject
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def end(options: Options, kind: str, subject_id: str, yes: bool) -> None:
    """End a session, key or membership for good; an organization is left frozen, without keys and sessions."""
    confirmed(f"End this {kind} for good?", yes=yes)
    entry = stopping.end(options.settings(), kind=kind, subject_id=subject_id)
    _show(options, f"ended, log entry {entry}", entry=entry)


@click.command("allow-reading")
@click.argument("member_id", metavar="MEMBER")
@click.argument("collection_id", metavar="COLLECTION")
@click.option("--hours", type=click.IntRange(1, 336), default=8, show_default=True, help="For so long.")
@common
def allow_reading(options: Options, member_id: str, collection_id: str, hours: int) -> None:
    """Let MEMBER (an id) read COLLECTION (an id) beyond what one person may see, for an export for instance."""
    entry = stopping.allow_reading(
        options.settings(), member_id=member_id, collection_id=collection_id, hours=hours
    )
    _show(options, f"allowed for {hours} hours, log entry {entry}", entry=entry)


@click.command()
@common
def panic(options: Options) -> None:
    """Seal within a second, whatever the vault is doing and whether its disk answers or not. Asks nothing."""
    stopping.panic(options.settings())
    _show(options, "sealed", state="sealed")


def _show(options: Options, words: str, **facts: object) -> None:
    if options.as_json:
        emit_json(facts)
    else:
        say(words)
