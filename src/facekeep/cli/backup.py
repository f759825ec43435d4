"""`facekeep backup`: back the keep up while it runs, and look after the keys of backups."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, say, table
from facekeep.errors import BadInput, Code
from facekeep.service import administration
from facekeep.service.backup import keys, restore
from facekeep.service.backup.make import make_backup
from facekeep.settings import Settings

_FOLDER = click.Path(file_okay=False, path_type=Path)
_keys_to = click.option("--keys-to", "--keys-from", "keys_folder", type=_FOLDER, required=True,
                        help="Folder of the small key files, apart from the backup.")  # fmt: skip


@click.group(invoke_without_command=True)
@click.option("--to", "to", type=_FOLDER, help="Folder of the backup.")
@click.option("--keys-to", "keys_folder", type=_FOLDER, help="Folder of the small key files, apart from the backup.")
@click.option("--anew", is_flag=True, help="Copy everything again, whatever lies there.")
@common
def command(options: Options, to: Path | None, keys_folder: Path | None, anew: bool) -> None:
    """Back the running keep up to the folder --to, and its key into the folder --keys-to.

    Only what is new is copied. Key files are destroyed when the horizon has passed; then the backup opens for nobody.
    Nothing else may copy the folder --keys-to: no tape, no snapshot, no synchronizing.
    """
    if click.get_current_context().invoked_subcommand:
        return
    if to is None or keys_folder is None:
        raise BadInput(Code.INVALID_REQUEST, "say where to: --to FOLDER and --keys-to FOLDER")
    made = make_backup(options.settings(), to, keys_folder, anew=anew)
    if options.as_json:
        emit_json(made)
        return
    say(
        f"backup {made.backup_id} of {made.made_at}",
        f"{made.items_new} items copied ({made.bytes_new} bytes), {made.items_before} were there",
        f"{made.keys_expired} keys of older backups destroyed; log entry {made.entry} of the keep",
    )


@command.command()
@common
def status(options: Options) -> None:
    """Show when the newest backup was made, and the horizon."""
    settings = options.settings()
    at = administration.state(settings).last_backup_at
    hours = (time.time() - datetime.fromisoformat(at).timestamp()) / 3_600 if at else None
    if options.as_json:
        emit_json({"last_backup_at": at or None, "age_hours": hours, "horizon_hours": settings.backup.horizon_hours})
        return
    age = "-" if hours is None else f"{hours:.1f} hours"
    table(
        ("Backup", ""),
        [("Newest", at or "never, or the vault is sealed"), ("Age", age),
         ("Opens for", f"{settings.backup.horizon_hours} hours")],
    )  # fmt: skip


@command.command("list")
@_keys_to
@common
def list_keys(options: Options, keys_folder: Path) -> None:
    """List the backups whose keys are in a folder, the oldest first."""
    found = keys.listed(keys_folder, options.settings().backup.horizon_hours)
    rows = [(key.name.backup_id, _utc(key.name.made_at / 1_000), _utc(key.expires_at)) for key in found]
    if options.as_json:
        emit_json([dict(zip(("backup_id", "made_at", "opens_until"), row, strict=True)) for row in rows])
    else:
        table(("Backup", "Made", "Opens until"), rows)


@command.command()
@_keys_to
@common
def expire(options: Options, keys_folder: Path) -> None:
    """Destroy the keys whose horizon has passed. Needs no vault; run it by a timer where the keep may be down."""
    gone = keys.expire(keys_folder, options.settings().backup.horizon_hours)
    if options.as_json:
        emit_json({"expired": gone})
    else:
        say(f"{gone} keys destroyed")


@command.command()
@click.option("--from", "source", type=_FOLDER, required=True, help="Folder of the backup.")
@click.option("--backup", "backup_id", default="", help="Id of the backup; the newest where none is named.")
@_keys_to
@common
def check(options: Options, source: Path, backup_id: str, keys_folder: Path) -> None:
    """Read every file of a backup and compare it with its digest. Exit status 6 where one was altered."""
    key = keys.chosen(keys_folder, backup_id, _horizon(options.settings()))
    items = restore.check(source, key)
    if options.as_json:
        emit_json({"backup_id": key.name.backup_id, "items": items})
    else:
        say(f"backup {key.name.backup_id}: {items} items are as they were copied")


def _horizon(settings: Settings) -> int:
    return settings.backup.horizon_hours


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
