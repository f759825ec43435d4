"""`facekeep sign-in`: a session of one's own, for a quarter of an hour without use and half a day at most."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import secret
from facekeep.cli.screen import emit_json, note, safe, say
from facekeep.service import credentials
from facekeep_sdk import SignedIn


@click.command()
@click.argument("name", required=False)
@click.option("--organization", help="Id of the organization to act in.  [default: the oldest membership]")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read password and code from standard input, a line each.")
@common
def command(options: Options, name: str | None, organization: str | None, from_stdin: bool) -> None:
    """Sign in as NAME with a password and the code of an authenticator app.

    Passkeys need a browser. What follows on this machine is done in your name until `facekeep sign-out`.
    """
    settings = options.settings()
    note(f"with a passkey, sign in through a browser at {credentials.base_url(settings)}")
    handle = name or str(click.prompt("Sign-in name", err=True))
    password = secret("Password", from_stdin=from_stdin)
    code = secret("Code", from_stdin=from_stdin)
    with options.stranger() as client:
        signed_in = client.sign_in_by_password(handle, password, code, organization_id=organization)
    keep_session(options, signed_in)


def keep_session(options: Options, signed_in: SignedIn) -> None:
    """Save a session on this machine, and say in whose name what follows is done."""
    credentials.save_session(options.settings(), signed_in.session)
    if options.as_json:
        emit_json({"organization_id": signed_in.organization_id, "memberships": signed_in.memberships})
        return
    for one in signed_in.memberships:
        if one.organization_id == signed_in.organization_id:
            say(f"signed in to {safe(one.organization)} as {', '.join(one.roles).replace('_', ' ')}")
    if len(signed_in.memberships) > 1:
        say("you have other organizations too; see: facekeep me")
    say(f"the session ends after {signed_in.idle_s // 60} minutes without use")
