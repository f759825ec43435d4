"""`facekeep join`: an invitation into a membership, in a terminal."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.password import show_factor
from facekeep.cli.prompts import new_passphrase, secret
from facekeep.cli.screen import emit_json, note, safe, say
from facekeep.cli.sign_in import keep_session
from facekeep.errors import Code, Refused
from facekeep.service import credentials
from facekeep_sdk import JoinOffer, SecondFactor


@click.command()
@click.option("--stdin", "from_stdin", is_flag=True, help="Read invitation, password and code from standard input.")
@common
def command(options: Options, from_stdin: bool) -> None:
    """Accept an invitation: as who is signed in here, or as somebody new with a password and an authenticator app.

    With a passkey, join through a browser. The sign-in name is shown once; write it down.
    """
    invitation = secret("Invitation", from_stdin=from_stdin)
    if credentials.load_session(options.settings()):
        _accept(options, invitation)
        return
    with options.stranger() as client:
        offer = client.begin_join(invitation)
        note(f"{offer.organization} invites {offer.name} as {', '.join(offer.roles).replace('_', ' ')}")
        show_factor(_password_of(offer))
        password = new_passphrase(from_stdin=from_stdin)
        code = secret("Code that the app shows now", from_stdin=from_stdin)
        keep_session(options, client.join_by_password(invitation, offer.ticket, password, code))


def _accept(options: Options, invitation: str) -> None:
    with options.client() as client:
        accepted = client.accept_invitation(invitation)
    if options.as_json:
        emit_json(accepted)
    else:
        say(f"you are a member of {safe(accepted.membership.organization)} now; see: facekeep me")


def _password_of(offer: JoinOffer) -> SecondFactor:
    if offer.password is None:
        raise Refused(Code.FORBIDDEN, "this organization allows no passwords; join with a passkey, in a browser")
    return offer.password
