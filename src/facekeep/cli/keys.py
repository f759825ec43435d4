"""`facekeep keys`: API keys of your organization."""

import click

from facekeep.cli.members import show_written
from facekeep.cli.options import Options, common
from facekeep.cli.roles import role_option
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep.cli.wanted import wanted_collection
from facekeep_sdk import ApiKey


@click.group()
def command() -> None:
    """Make, list and revoke API keys."""


@command.command()
@click.argument("name")
@click.option("--member", "member_id", help="Id of the member it is for.  [default: yourself]")
@role_option(required=False, help_text="Only this role; may be given several times.  [default: all of the member's]")
@click.option("--act", "acts", multiple=True, help="Only this act, named as in the log, such as search.ask.")
@click.option("--collection", "collections", multiple=True, help="Only this collection (a name or an id).")
@click.option("--expires", "expires_at", help="When it ends, ISO 8601.")
@common
def create(  # noqa: PLR0917 - one argument an option
    options: Options,
    name: str,
    member_id: str | None,
    roles: tuple[str, ...],
    acts: tuple[str, ...],
    collections: tuple[str, ...],
    expires_at: str | None,
) -> None:
    """Make an API key called NAME. It is shown once."""
    with options.client() as client:
        made = client.make_api_key(
            member_id or client.me().member.member_id,
            name,
            roles=roles or None,
            acts=acts or None,
            collections=[wanted_collection(client, one).collection_id for one in collections] or None,
            expires_at=expires_at,
        )
    if options.as_json:
        emit_json(made)
    else:
        say(f"API key, shown once: {safe(made.api_key)}", f"revoke it with: facekeep keys revoke {safe(made.key_id)}")


@command.command("list")
@common
def list_(options: Options) -> None:
    """List live API keys, oldest first."""
    with options.client() as client:
        found = list(client.api_keys())
    if options.as_json:
        emit_json(found)
        return
    table(("Name", "Id", "Member", "Limits", "Expires", "Last used"), [_row(one) for one in found])


@command.command()
@click.argument("key_id", metavar="KEY")
@common
def revoke(options: Options, key_id: str) -> None:
    """Make KEY (the letters after fk_) worthless at once."""
    with options.client() as client:
        show_written(client.revoke_api_key(key_id.removeprefix("fk_")[:10]), options)


def _row(key: ApiKey) -> tuple[object, ...]:
    limits = [*(key.roles or ()), *(key.acts or ()), *(f"collection {one}" for one in key.collections or ())]
    return (
        key.name,
        key.key_id,
        key.member_id,
        ", ".join(limits) or "none",
        key.expires_at or "never",
        key.used_on or "never",
    )
