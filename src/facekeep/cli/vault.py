"""`facekeep vault`: open, close and look after the vault on this machine, through its own door."""

from pathlib import Path

import click

from facekeep.cli import init, organizations, rotate, stopping
from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed, secret
from facekeep.cli.screen import emit_json, note, safe, say, table
from facekeep.errors import BadInput, Code, Unavailable
from facekeep.service import administration
from facekeep.service.administration import VaultState
from facekeep.settings import Settings


@click.group()
def command() -> None:
    """Open, close and look after the vault on this machine."""


command.add_command(init.command, "init")
command.add_command(organizations.command, "organizations")
command.add_command(rotate.command, "rotate")
for _stop in (stopping.freeze, stopping.unfreeze, stopping.end, stopping.panic, stopping.allow_reading):
    command.add_command(_stop)


@command.command()
@common
def status(options: Options) -> None:
    """Show the state of the vault."""
    _show(administration.state(options.settings()), options)


@command.command()
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the passphrase or share from standard input.")
@common
def unseal(options: Options, from_stdin: bool) -> None:
    """Open the vault: with its key file, its passphrase, or one word share after another."""
    settings = options.settings()
    before = administration.state(settings)
    if before.state == "unreachable":
        raise Unavailable(Code.VAULT_UNREACHABLE, "the vault is not running")
    if before.state == "uninitialized":
        raise Unavailable(Code.NOT_INITIALIZED, "there is no keep to open yet")
    if before.state == "sealed":
        _open(settings, before, from_stdin=from_stdin)
    _show(administration.state(settings), options)


@command.command()
@common
def seal(options: Options) -> None:
    """Make the vault drop every key from memory at once."""
    settings = options.settings()
    administration.seal(settings)
    _show(administration.state(settings), options)


@command.command("issue-key")
@click.option("--organization", "organization_id", default="", help="Id of the organization, where there are several.")
@click.option("--revoke-others", is_flag=True, help="Make every older key of that admin worthless.")
@common
def issue_key(options: Options, organization_id: str, revoke_others: bool) -> None:
    """Make a new API key of the first admin, save it for this machine's command line, and print it once."""
    settings = options.settings()
    key, path = administration.issue_key(settings, organization_id=organization_id, revoke_others=revoke_others)
    if options.as_json:
        emit_json({"api_key": key, "credentials": path})
        return
    say(f"API key, shown once: {safe(key)}", f"saved in {safe(path)}")


@command.command("clear-quarantine")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def clear_quarantine(options: Options, yes: bool) -> None:
    """Let search answers in again after an alarm. Look into the alarm first: `facekeep log show`."""
    confirmed("Was the alarm looked into?", yes=yes)
    _show_entry(administration.clear_quarantine(options.settings()), options)


@command.command("install-score-table")
@click.argument("table_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@common
def install_score_table(options: Options, table_file: Path) -> None:
    """Replace the table that says what a score means with FILE, as `facekeep evaluate --table` writes it."""
    if table_file.stat().st_size > 1_000_000:
        raise BadInput(Code.REQUEST_TOO_LARGE, "a score table is at most 1 MB")
    _show_entry(administration.install_score_table(options.settings(), table_file.read_bytes()), options)


def _open(settings: Settings, before: VaultState, *, from_stdin: bool) -> None:
    if before.is_trial:
        administration.unseal_with_key_file(settings)
    elif before.method == "passphrase":
        administration.unseal_with_passphrase(settings, secret("Passphrase", from_stdin=from_stdin))
    else:
        _give_shares(settings, before, from_stdin=from_stdin)


def _give_shares(settings: Settings, now: VaultState, *, from_stdin: bool) -> None:
    while now.state == "sealed":
        question = f"Share {now.shares_given + 1} of {now.shares_needed}"
        now = administration.give_share(settings, secret(question, from_stdin=from_stdin))
        if from_stdin:
            return  # each keeper pipes in one share
        if now.state == "sealed":
            note(f"{now.shares_needed - now.shares_given} more needed; another person may go on")


def _show_entry(entry: int, options: Options) -> None:
    if options.as_json:
        emit_json({"entry": entry})
    else:
        say(f"done, log entry {entry}")


def _show(vault: VaultState, options: Options) -> None:
    if options.as_json:
        emit_json(vault)
        return
    rows: list[tuple[str, object]] = [("State", vault.state), ("Opened by", vault.method or "-")]
    if vault.state == "sealed" and vault.shares_needed:
        rows.append(("Shares given", f"{vault.shares_given} of {vault.shares_needed}"))
    rows += [("Quarantined", "yes" if vault.quarantined else "no"), ("Version", vault.version or "-")]
    if vault.state in ("open", "waiting"):
        rows.append(("Last backup", vault.last_backup_at or "never"))
    table(("Vault", ""), rows)
