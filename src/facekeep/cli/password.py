"""`facekeep password`: another password, or another authenticator app."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import new_passphrase, secret
from facekeep.cli.screen import emit_json, note, say
from facekeep_sdk import Client, Logged, SecondFactor


@click.command()
@click.option("--new-app", is_flag=True, help="Set up another authenticator app too; the old one stops working.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password, and the code, from standard input.")
@common
def command(options: Options, new_app: bool, from_stdin: bool) -> None:
    """Change your password; your other sessions by password end. Sign in shortly before."""
    with options.client() as client:
        done = _with_new_app(client, from_stdin) if new_app else client.change_password(_new(from_stdin))
    if options.as_json:
        emit_json(done)
    else:
        say(f"changed, log entry {done.entry}")


def _with_new_app(client: Client, from_stdin: bool) -> Logged:
    offer = client.begin_password()
    show_factor(offer.password)
    password = _new(from_stdin)
    return client.finish_password(offer.ticket, password, secret("Code that the app shows now", from_stdin=from_stdin))


def show_factor(factor: SecondFactor) -> None:
    """What to write down and what to tell the app, on standard error, so that JSON stays JSON."""
    note(f"your sign-in name: {factor.handle}")
    note(f"secret for the authenticator app: {factor.totp_secret}")
    note(f"or as an address: {factor.totp_uri}")


def _new(from_stdin: bool) -> str:
    return new_passphrase(from_stdin=from_stdin)
