"""`facekeep approvals`: ask for a second person's approval of a search, and decide what others asked for."""

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, say, table
from facekeep.cli.wanted import wanted_collection
from facekeep_sdk import Approval


@click.group()
def command() -> None:
    """Ask for, list, give or refuse approvals."""


@command.command()
@click.argument("case")
@click.argument("collection")
@click.option("--reason", default="", help="Why this collection is to be searched.")
@common
def ask(options: Options, case: str, collection: str, reason: str) -> None:
    """Ask that COLLECTION (a name or an id) may be searched in CASE (an id)."""
    with options.client() as client:
        wanted = wanted_collection(client, collection).collection_id
        _show(client.request_approval(case, wanted, reason=reason), options)


@command.command("list")
@common
def list_(options: Options) -> None:
    """List the requests of your cases, or all that you may decide or oversee."""
    with options.client() as client:
        found = list(client.approvals())
    if options.as_json:
        emit_json(found)
    elif found:
        rows = [(one.approval_id, one.status, one.purpose, one.reason, one.asked_by, one.expires_at) for one in found]
        table(("Id", "Status", "Purpose", "Reason", "Asked by", "Until"), rows)
    else:
        say("nobody asked for an approval")


@command.command()
@click.argument("approval")
@common
def give(options: Options, approval: str) -> None:
    """Approve the request APPROVAL (an id) of another person."""
    with options.client() as client:
        _show(client.decide_approval(approval, approved=True), options)


@command.command()
@click.argument("approval")
@common
def refuse(options: Options, approval: str) -> None:
    """Refuse the request APPROVAL (an id) of another person."""
    with options.client() as client:
        _show(client.decide_approval(approval, approved=False), options)


def _show(one: Approval, options: Options) -> None:
    if options.as_json:
        emit_json(one)
        return
    rows = [
        ("Id", one.approval_id),
        ("Status", one.status),
        ("Case", one.case_id),
        ("Collection", one.collection_id),
        ("Purpose", one.purpose),
        ("Legal basis", one.legal_basis),
        ("Reason", one.reason),
        ("Asked", f"{one.asked_at} by {one.asked_by}"),
        ("Decided", f"{one.decided_at} by {one.decided_by}" if one.decided_by else ""),
        ("Until", one.expires_at),
    ]
    table(("Approval", ""), rows)
