"""`facekeep vault organizations`: the customers of a keep, which nobody but its operator may list."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep.service import organizations


@click.group()
def command() -> None:
    """Add, list or shred organizations."""


@command.command()
@click.argument("name")
@click.option("--admin", required=True, help="Name of the first admin.")
@click.option("--program", "is_program", is_flag=True, help="Print an API key instead of an invitation for a person.")
@common
def add(options: Options, name: str, admin: str, is_program: bool) -> None:
    """Add the organization NAME with keys of its own, and its first admin."""
    added = organizations.add_organization(options.settings(), name=name, admin=admin, is_program=is_program)
    if options.as_json:
        emit_json(added)
        return
    what, secret = ("API key", added.api_key) if is_program else ("invitation code", added.invitation)
    say(f"organization {safe(added.organization_id)}", f"{what} of its admin, shown once: {safe(secret)}")


@command.command("list")
@common
def list_(options: Options) -> None:
    """List organizations, oldest first."""
    found = list(organizations.organizations(options.settings()))
    if options.as_json:
        emit_json(found)
        return
    table(("Name", "Id", "Members", "Since"), [(o.name, o.organization_id, o.members, o.created_at) for o in found])


@command.command()
@click.argument("organization_id", metavar="ORGANIZATION")
@click.option("--name", "expected_name", required=True, help="Its name, so that no other one is meant.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def shred(options: Options, organization_id: str, expected_name: str, yes: bool) -> None:
    """Destroy the keys of ORGANIZATION (an id): galleries, cases and log entries open for nobody, for good."""
    confirmed(f'Destroy everything of "{safe(expected_name)}" for good?', yes=yes)
    entry = organizations.shred_organization(options.settings(), organization_id, expected_name=expected_name)
    if options.as_json:
        emit_json({"entry": entry})
    else:
        say(f"shredded; entry {entry} of the keep's own log")
