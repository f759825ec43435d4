"""`facekeep me`: one's own organizations, ways to sign in, and sessions."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep.cli.sign_in import keep_session
from facekeep.errors import BadInput, Code
from facekeep.service import credentials
from facekeep_sdk import Client, LiveSession, Membership, OwnCredentials


@click.command()
@click.option("--organization", help="Go on in this organization of yours (its id, or its name).")
@common
def command(options: Options, organization: str | None) -> None:
    """Show who is signed in on this machine, or change to another organization."""
    is_person = bool(credentials.load_session(options.settings()))
    with options.client() as client:
        if organization is not None:
            keep_session(options, client.choose_organization(_wanted(client, organization)))
            return
        memberships = client.memberships()
        own = client.own_credentials() if is_person else None
        sessions = client.sessions() if is_person else ()
    if options.as_json:
        emit_json({"memberships": memberships, "credentials": own, "sessions": sessions})
    else:
        _show(memberships, own, sessions)


def _wanted(client: Client, organization: str) -> str:
    for one in client.memberships():
        if organization in (one.organization, one.organization_id):
            return one.organization_id
    raise BadInput(Code.NOT_FOUND, "you have no such organization")


def _show(memberships: tuple[Membership, ...], own: OwnCredentials | None, sessions: tuple[LiveSession, ...]) -> None:
    here = [one.organization_id for one in sessions if one.is_this]
    rows = [
        (one.organization, one.organization_id, " ".join(one.roles), "yes" if one.organization_id in here else "")
        for one in memberships
    ]
    table(("Organization", "Id", "Roles", "Acting in"), rows)
    if own is None:
        say("nobody is signed in here; commands use the saved API key")
        return
    if own.handle:
        say(f"sign-in name: {safe(own.handle)}")
    passkeys = [(one.name, one.passkey_id, one.created_at, one.used_on) for one in own.passkeys]
    if passkeys:
        table(("Passkey", "Id", "Added", "Last used"), passkeys)
    live = [(one.opened_at, one.organization_id, one.idle_s, "this one" if one.is_this else "") for one in sessions]
    table(("Session since", "Organization", "Idle, s", ""), live)
