"""`facekeep members`: who belongs to your organization, and what they may do."""

import click

from facekeep.cli import freezes
from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.roles import role_option
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep_sdk import Member, Written


@click.group()
def command() -> None:
    """Invite, list, change and remove members of your organization."""


for _freezing in (freezes.freeze, freezes.unfreeze, freezes.frozen):
    command.add_command(_freezing)


@command.command()
@common
def me(options: Options) -> None:
    """Show who you are here, and what you may do."""
    with options.client() as client:
        myself = client.me()
    if options.as_json:
        emit_json(myself)
        return
    rows = [
        ("Organization", myself.organization),
        ("Member", myself.member.name),
        ("Id", myself.member.member_id),
        ("By", myself.credential),
        ("Roles", ", ".join(myself.roles)),
        ("Acts", "all of them" if myself.acts is None else ", ".join(myself.acts)),
        ("Collections", "all of them" if myself.collections is None else ", ".join(myself.collections)),
    ]
    table(("You", ""), rows)


@command.command("list")
@common
def list_(options: Options) -> None:
    """List members, oldest first."""
    with options.client() as client:
        found = list(client.members())
    if options.as_json:
        emit_json(found)
        return
    rows = [(one.name, one.member_id, _kind(one), ", ".join(one.roles), one.created_at) for one in found]
    table(("Name", "Id", "Kind", "Roles", "Since"), rows)


@command.command()
@click.argument("name")
@role_option()
@click.option("--hours", type=click.IntRange(1, 336), default=72, show_default=True, help="Good for so long.")
@common
def invite(options: Options, name: str, roles: tuple[str, ...], hours: int) -> None:
    """Invite the person NAME. The code is shown once, and is good once."""
    with options.client() as client:
        made = client.invite(name, roles, hours=hours)
    if options.as_json:
        emit_json(made)
        return
    say(f"invitation code, shown once: {safe(made.code)}")
    say(f"withdraw it with: facekeep members withdraw {safe(made.invitation_id)}")


@command.command()
@common
def invitations(options: Options) -> None:
    """List open invitations."""
    with options.client() as client:
        found = list(client.invitations())
    if options.as_json:
        emit_json(found)
        return
    rows = [(one.name, one.invitation_id, ", ".join(one.roles), one.expires_at) for one in found]
    table(("Name", "Id", "Roles", "Expires"), rows)


@command.command()
@click.argument("invitation_id", metavar="INVITATION")
@common
def withdraw(options: Options, invitation_id: str) -> None:
    """Make INVITATION (its id) worthless."""
    with options.client() as client:
        show_written(client.withdraw_invitation(invitation_id), options)


@command.command("add-program")
@click.argument("name")
@role_option()
@common
def add_program(options: Options, name: str, roles: tuple[str, ...]) -> None:
    """Add the program NAME, which acts by API keys alone."""
    with options.client() as client:
        made = client.add_program(name, roles)
    if options.as_json:
        emit_json(made)
    else:
        say(f"added {safe(made.name)}: {safe(made.member_id)}")
        say(f"make a key for it with: facekeep keys create NAME --member {safe(made.member_id)}")


@command.command("set-roles")
@click.argument("member_id", metavar="MEMBER")
@role_option()
@common
def set_roles(options: Options, member_id: str, roles: tuple[str, ...]) -> None:
    """Give MEMBER (an id) these roles and no others."""
    with options.client() as client:
        changed = client.set_roles(member_id, roles)
    if options.as_json:
        emit_json(changed)
    else:
        say(f"{safe(changed.name)} is now: {', '.join(changed.roles)}")


@command.command()
@click.argument("member_id", metavar="MEMBER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def remove(options: Options, member_id: str, yes: bool) -> None:
    """End the membership of MEMBER (an id), with every key and session."""
    confirmed("End this membership?", yes=yes)
    with options.client() as client:
        show_written(client.remove_member(member_id), options)


@command.command("end-sessions")
@click.argument("member_id", metavar="MEMBER")
@common
def end_sessions(options: Options, member_id: str) -> None:
    """End every session of MEMBER (an id) at once."""
    with options.client() as client:
        show_written(client.end_sessions(member_id), options)


def show_written(written: Written, options: Options) -> None:
    """Say that it was done, and where the log says so."""
    if options.as_json:
        emit_json(written)
    else:
        say(f"done, log entry {written.entry}")


def _kind(member: Member) -> str:
    return "person" if member.is_person else "program"
