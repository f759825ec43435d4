"""`facekeep init`: make a new keep."""

import click

from facekeep.cli.banners import show_new_keep, warn_of_trial
from facekeep.cli.options import Options, common
from facekeep.cli.prompts import new_passphrase
from facekeep.cli.screen import emit_json, note, say
from facekeep.service import administration, credentials, processes

_METHODS = {"key-file": "key_file", "passphrase": "passphrase", "shares": "shares"}


@click.command()
@click.option("--unseal", type=click.Choice(list(_METHODS)), default="passphrase", show_default=True,
              help="How the vault is opened after a start; key-file is for trials.")  # fmt: skip
@click.option("--organization", default="My organization", show_default=True, help="Name of the organization.")
@click.option("--member", default="operator", show_default=True, help="Name of its first member.")
@click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input.")
@common
def command(options: Options, unseal: str, organization: str, member: str, passphrase_stdin: bool) -> None:
    """Make a new keep and print its API key once.

    The vault is started for a moment if it does not run.
    """
    settings = options.settings()
    passphrase = new_passphrase(from_stdin=passphrase_stdin) if unseal == "passphrase" else ""
    credentials.make_data_dir(settings)
    with processes.running_vault(settings, note):
        made = administration.initialize(
            settings, method=_METHODS[unseal], organization=organization, member=member, passphrase=passphrase
        )
    if unseal == "key-file":
        warn_of_trial(settings)
    if options.as_json:
        emit_json({"api_key": made.api_key, "shares": made.shares, "credentials": made.credentials_path})
        return
    show_new_keep(made)
    say("Start it with: facekeep up")
