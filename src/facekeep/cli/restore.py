"""`facekeep restore`: a keep from a backup, in an empty data folder."""

import shutil
from pathlib import Path

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import secret
from facekeep.cli.screen import emit_json, note, say, table
from facekeep.errors import BadInput, Code
from facekeep.service import credentials, processes
from facekeep.service.backup import keys
from facekeep.service.backup.restore import Restored, Secret, method_of, restore
from facekeep.settings import Settings

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_SHARES = 3


@click.command()
@click.option("--from", "source", type=_FOLDER, required=True, help="Folder of the backup.")
@click.option("--keys-from", "keys_folder", type=_FOLDER, required=True, help="Folder of the key files.")
@click.option("--backup", "backup_id", default="", help="Id of the backup; the newest where none is named.")
@click.option("--log-from", type=_FOLDER, help="The lost keep's vault/log, if it is at hand: the log goes on.")
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Trials only: the key file that opened the lost keep.")  # fmt: skip
@click.option("--stdin", "from_stdin", is_flag=True, help="Read passphrase or shares from standard input, by lines.")
@common
def command(  # noqa: PLR0917  click's
    options: Options,
    source: Path,
    keys_folder: Path,
    backup_id: str,
    log_from: Path | None,
    key_file: Path | None,
    from_stdin: bool,
) -> None:
    """Make a keep in the data folder, which must have none, from a backup, and open it.

    With --log-from the log goes on where it was, and what was forgotten or revoked since the backup is forgotten and
    revoked again. Without it the log ends at the backup, and every client that saw more refuses the keep.
    """
    settings = options.settings()
    key = keys.chosen(keys_folder, backup_id, settings.backup.horizon_hours)
    given = _secret(method_of(key), key_file, from_stdin=from_stdin)
    credentials.make_data_dir(settings)
    with processes.running_vault(settings, note):
        restored = restore(settings, source, key, given, log_from)
    if key_file is not None:
        _keep_key_file(settings, key_file)
    _show(options, key.name.backup_id, restored, log_went_on=log_from is not None)


def _secret(method: str, key_file: Path | None, *, from_stdin: bool) -> Secret:
    if method == "passphrase":
        return Secret(passphrase=secret("Passphrase", from_stdin=from_stdin))
    if method == "shares":
        shares = [secret(f"Share {number + 1} of {_SHARES}", from_stdin=from_stdin) for number in range(_SHARES)]
        return Secret(shares=tuple(" ".join(share.lower().split()) for share in shares))
    if key_file is None:
        raise BadInput(Code.INVALID_REQUEST, "this backup is a trial's: name the key file with --key-file")
    return Secret(key_file=str(key_file.absolute()))


def _keep_key_file(settings: Settings, key_file: Path) -> None:
    """Where `facekeep up` looks for it."""
    place = credentials.key_file(settings)
    if not place.exists():
        shutil.copyfile(key_file, place)
        place.chmod(0o600)


def _show(options: Options, backup_id: str, restored: Restored, *, log_went_on: bool) -> None:
    if options.as_json:
        emit_json(
            {
                "backup_id": backup_id,
                "entry": restored.entry,
                "log_size": restored.log_size,
                "log_root": restored.log_root.hex(),
                "forgotten_again": restored.forgotten_again,
                "revoked_again": restored.revoked_again,
                "since": dict(restored.since),
            }
        )
        return
    say(f"restored from {backup_id}: the log had {restored.log_size} entries, root {restored.log_root.hex()}")
    if log_went_on:
        say(f"forgotten again: {restored.forgotten_again} faces; revoked again: {restored.revoked_again}")
        table(("Act since the backup", "Times"), list(restored.since))
    else:
        say(
            "the log ends at the backup: clients and witnesses that saw more refuse this keep (log_altered);",
            "what was forgotten or revoked since is back, unless you do it again",
        )
    say("Start it with: facekeep up")
