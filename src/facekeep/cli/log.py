"""`facekeep log`: show the log, and check it with nothing but the mathematics."""

import itertools
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep_sdk import Checkpoint, ExportCheck, LogEntry, verify_export

_LARGEST_PORT = 65_535
_KEY = re.compile(r"\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*")  # C2SP signed-note: name, hash, key


@click.group()
def command() -> None:
    """Show and check the log."""


@command.command()
@click.option("--start", type=click.IntRange(0), default=0, help="First entry number.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="How many entries.")
@common
def show(options: Options, start: int, limit: int) -> None:
    """Show entries of your own organization."""
    with options.client() as client:
        pages = client.log_entries(start=start, limit=min(limit, 1_000))
        entries = list(itertools.islice(pages, limit))
    if options.as_json:
        emit_json(entries)
        return
    table(("Entry", "When", "Who", "Act", "Outcome", "Facts"), [_row(entry) for entry in entries])


@command.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@click.option("--wait", type=click.FloatRange(0), default=600.0, show_default=True, help="Seconds for a checkpoint.")
@common
def export(options: Options, out: Path, wait: float) -> None:
    """Write every entry of your organization to a file that an auditor can check offline.

    The file opens these entries to whoever has it. The export is an entry too, the last one in the file, so it waits
    for the next checkpoint.
    """
    with options.client() as client:
        found = client.export_log(out, patience_s=wait)
        key = client.last_checkpoint.verifier_key if client.last_checkpoint else ""
    if options.as_json:
        emit_json(found)
        return
    _show_export(found)
    name = safe(str(out))
    say(f"written to {name}; check it anywhere with:", f"  facekeep log verify {name} --key {safe(key)}")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--key", help="The log's public key, for FILE; from a source other than the file.")
@common
def verify(options: Options, file: Path | None, key: str | None) -> None:
    """Check that the log only grew since the last check, and that every entry of yours is in it.

    With FILE: check an export, offline, with nothing but the file and --key.

    The first check on a machine trusts the log's key and remembers it. Exit status 6 when anything is wrong.
    """
    if file is not None or key is not None:
        _verify_file(options, file, key)
        return
    with options.client() as client:
        checked = client.check_log(entries=True)
    if options.as_json:
        emit_json(checked)
        return
    say(f"the log is whole: {checked.size} entries, root {checked.root}")
    say(f"it extends the {checked.previous_size} entries of the last check" if checked.previous_size
        else "first check on this machine: its key is remembered from now on")  # fmt: skip
    say(f"{checked.entries} entries of your organization proved to be in it; {checked.waiting} wait for a checkpoint")


@command.command()
@click.argument("entry", type=click.IntRange(0))
@common
def prove(options: Options, entry: int) -> None:
    """Check that your organization's entry number ENTRY is in the log; print the proof for somebody else to check."""
    with options.client() as client:
        proved = client.prove_entry(entry)
    if options.as_json:
        emit_json(proved)
        return
    proof = proved.proof
    say(f"entry {entry}, leaf hash {safe(proof.leaf_hash)}, is at index {proof.index} of the log of {proof.size}:")
    say(*(f"  {safe(one)}" for one in proof.hashes))
    say("", *_lines(proved.checkpoint))


@command.command()
@click.option("--witness-key", "witness_keys", multiple=True, help="A witness that must have cosigned; repeatable.")
@common
def checkpoint(options: Options, witness_keys: tuple[str, ...]) -> None:
    """Print the newest signed checkpoint and the key that signs, after checking both.

    With --witness-key: also that each of these witnesses cosigned it. Exit status 6 where one did not.
    """
    with options.client() as client:
        newest = client.cosigned_checkpoint([key.strip() for key in witness_keys])
    if options.as_json:
        emit_json(newest if witness_keys else newest.checkpoint)
        return
    say(*_lines(newest.checkpoint))
    for key, time_s in newest.cosigned_at.items():
        when = datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds")
        say(f"cosigned by {safe(key.partition('+')[0])} at {when}")


@command.command()
@click.option("--listen", default="127.0.0.1:8471", show_default=True, help="Address and port to listen on.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), required=True, help="The witness's folder.")
@click.option("--origin-key", "origin_keys", multiple=True, required=True, help="A log's public key; repeatable.")
@click.option("--name", required=True, help="The witness's name: a host name, say; part of its key.")
@click.option("--json", "as_json", is_flag=True, help="Print the witness's key as JSON.")
def witness(listen: str, state: Path, origin_keys: tuple[str, ...], name: str, *, as_json: bool) -> None:
    """Cosign the checkpoints of other machines' logs, as long as each extends the one before.

    Runs until Ctrl-C, on another machine than the keep, and holds none of the keep's secrets. Its own key is made in
    --state at the first start; its public half is printed, for the keep's `log.witnesses` and for whoever checks.
    """
    from facekeep.service.witness.server import run_witness  # noqa: PLC0415 - keeps `facekeep --help` fast

    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LARGEST_PORT:
        raise click.UsageError("--listen wants an address and a port, as in 0.0.0.0:8471")

    def started(key: str, port: int) -> None:
        if as_json:
            emit_json({"witness_key": key, "host": host, "port": port})
        else:
            say(f"witness key: {safe(key)}", f"listening on {safe(host)}:{port}")
        sys.stdout.flush()

    run_witness(state, name, [key.strip() for key in origin_keys], host=host, port=int(port), started=started)


def _verify_file(options: Options, file: Path | None, key: str | None) -> None:
    if file is None or key is None:
        raise click.UsageError("to check an export, give both its file and --key")
    if not _KEY.fullmatch(key.strip()):
        raise click.UsageError("--key wants the log's public key, all of it, as `facekeep log checkpoint` prints it")
    found = verify_export(file, key.strip())
    if options.as_json:
        emit_json(found)
    else:
        _show_export(found)


def _show_export(found: ExportCheck) -> None:
    say(f"{found.entries} entries, 0 to {found.entries - 1}, none missing, all in the signed log {safe(found.origin)}")
    say(f"of {found.size} leaves; first {safe(found.first_at)}, exported {safe(found.exported_at)}")
    table(("Act", "Entries"), sorted(found.acts.items()))


def _lines(checkpoint: Checkpoint) -> list[str]:
    return [*(safe(line) for line in checkpoint.note.splitlines()), "", f"key: {safe(checkpoint.verifier_key)}"]


def _row(entry: LogEntry) -> tuple[object, ...]:
    facts = ", ".join(f"{key}={value}" for key, value in sorted(entry.facts.items()))
    return entry.entry, entry.at, entry.actor, entry.act, entry.outcome, facts
