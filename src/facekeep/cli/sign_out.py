"""`facekeep sign-out`: the end of the session on this machine."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, say
from facekeep.service import credentials
from facekeep_sdk import FacekeepApiError


@click.command()
@click.option("--everywhere", is_flag=True, help="End your sessions on other machines too.")
@common
def command(options: Options, everywhere: bool) -> None:
    """End the session of who signed in here; the saved API key, if any, is used again."""
    settings = options.settings()
    was_signed_in = bool(credentials.load_session(settings))
    if was_signed_in:
        _end(options, everywhere=everywhere)
        credentials.forget_session(settings)
    if options.as_json:
        emit_json({"signed_out": was_signed_in})
    else:
        say("signed out" if was_signed_in else "nobody was signed in here")


def _end(options: Options, *, everywhere: bool) -> None:
    """A session that has ended already is what was wanted."""
    with options.client() as client:
        try:
            if everywhere:
                client.end_other_sessions()
            client.sign_out()
        except FacekeepApiError as error:
            if error.code != "unauthenticated":
                raise
