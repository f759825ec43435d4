"""`facekeep log`: show the log, and check it with nothing but the mathematics."""

import itertools

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, safe, say, table
from facekeep_sdk import Checkpoint, LogEntry


@click.group()
def command() -> None:
    """Show and check the log."""


@command.command()
@click.option("--start", type=click.IntRange(0), default=0, help="First log index.")
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
@common
def verify(options: Options) -> None:
    """Check that the log only grew since the last check, and that every entry of yours is in it.

    The first check on a machine trusts the log's key and remembers it. Exit status 6 when anything is wrong.
    """
    with options.client() as client:
        checked = client.check_log(entries=True)
    if options.as_json:
        emit_json(checked)
        return
    say(f"the log is whole: {checked.size} entries, root {checked.root}")
    say(f"it extends the {checked.previous_size} entries of the last check" if checked.previous_size
        else "first check on this machine: its key is remembered from now on")  # fmt: skip
    say(f"{checked.entries} entries of your organization proved to be in it")


@command.command()
@click.argument("index", type=click.IntRange(0))
@common
def prove(options: Options, index: int) -> None:
    """Check that entry INDEX is in the log, and print the proof for somebody else to check."""
    with options.client() as client:
        proved = client.prove_entry(index)
    if options.as_json:
        emit_json(proved)
        return
    proof = proved.proof
    say(f"entry {index}, leaf hash {safe(proof.leaf_hash)}, is in the log of {proof.size} entries:")
    say(*(f"  {safe(one)}" for one in proof.hashes))
    say("", *_lines(proved.checkpoint))


@command.command()
@common
def checkpoint(options: Options) -> None:
    """Print the newest signed checkpoint and the key that signs, after checking both."""
    with options.client() as client:
        newest = client.check_log().checkpoint
    if options.as_json:
        emit_json(newest)
    else:
        say(*_lines(newest))


def _lines(checkpoint: Checkpoint) -> list[str]:
    return [*(safe(line) for line in checkpoint.note.splitlines()), "", f"key: {safe(checkpoint.verifier_key)}"]


def _row(entry: LogEntry) -> tuple[object, ...]:
    facts = ", ".join(f"{key}={value}" for key, value in sorted(entry.facts.items()))
    return entry.index, entry.at, entry.actor, entry.act, entry.outcome, facts
