"""Questions to the person at the terminal.

Secrets are typed or piped in, and never are arguments: those show in process lists.
"""

import sys

import click

from facekeep.errors import BadInput, Code


def new_passphrase(*, from_stdin: bool) -> str:
    """A new passphrase, asked for twice."""
    if from_stdin:
        return _line("a passphrase")
    return str(click.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True))


def secret(question: str, *, from_stdin: bool) -> str:
    """A secret that exists already."""
    return _line(question) if from_stdin else str(click.prompt(question, hide_input=True, err=True))


def confirmed(question: str, *, yes: bool) -> None:
    """Go on only if the person says so, or said so beforehand.

    Raises
    ------
    BadInput
        `invalid_request`: nobody can be asked and `--yes` was not given.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(Code.INVALID_REQUEST, "this cannot be undone; confirm it with --yes")
    click.confirm(question, abort=True, err=True)


def _line(what: str) -> str:
    line = sys.stdin.readline(4_096).rstrip("\n")
    if not line:
        raise BadInput(Code.INVALID_REQUEST, f"expected {what.lower()} on standard input")
    return line
