"""`facekeep cases`: open, list, show, extend, share or close cases."""

from collections.abc import Sequence

import click

from facekeep.cli.options import Options, common
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import emit_json, say, table
from facekeep_sdk import Case


@click.group()
def command() -> None:
    """Open, list, show, extend, share or close cases."""


@command.command()
@click.option("--purpose", required=True, help="One of `facekeep rules show`.")
@click.option("--legal-basis", required=True, help="What allows this search: an act and section, an order, a consent.")
@click.option("--reference", default="", help="Your own file number. Only members of the case see it.")
@click.option("--member", "members", multiple=True, help="A member's id. May be given again; you are in already.")
@click.option("--until", help="Last moment, ISO 8601. [default: as long as the rules allow]")
@click.option("--searches-a-day", type=click.IntRange(1), help="At most so many, if that is less than the rules allow.")
@common
def create(  # noqa: PLR0917 - one argument an option
    options: Options,
    purpose: str,
    legal_basis: str,
    reference: str,
    members: Sequence[str],
    until: str | None,
    searches_a_day: int | None,
) -> None:
    """Open a case."""
    with options.client() as client:
        made = client.create_case(
            purpose,
            legal_basis,
            reference=reference,
            members=members,
            expires_at=until,
            searches_a_day=searches_a_day,
        )
    _show(made, options)


@command.command("list")
@common
def list_(options: Options) -> None:
    """List the cases that you are in or oversee, oldest first."""
    with options.client() as client:
        found = list(client.cases())
    if options.as_json:
        emit_json(found)
    elif found:
        rows = [(one.case_id, one.purpose, one.reference, one.status, len(one.members), one.ends_at) for one in found]
        table(("Id", "Purpose", "Reference", "Status", "Members", "Ends"), rows)
    else:
        say("no cases yet; open one with: facekeep cases create")


@command.command()
@click.argument("case")
@common
def show(options: Options, case: str) -> None:
    """Show CASE (an id)."""
    with options.client() as client:
        _show(client.case(case), options)


@command.command()
@click.argument("case")
@click.argument("until")
@common
def extend(options: Options, case: str, until: str) -> None:
    """Let CASE (an id) end at UNTIL (ISO 8601) instead. Only an open case can be extended."""
    with options.client() as client:
        _show(client.change_case(case, expires_at=until), options)


@command.command("add-member")
@click.argument("case")
@click.argument("member")
@common
def add_member(options: Options, case: str, member: str) -> None:
    """Let MEMBER (an id) search in CASE (an id) too."""
    with options.client() as client:
        _show(client.change_case_members(case, add=[member]), options)


@command.command("remove-member")
@click.argument("case")
@click.argument("member")
@common
def remove_member(options: Options, case: str, member: str) -> None:
    """Take MEMBER (an id) out of CASE (an id)."""
    with options.client() as client:
        _show(client.change_case_members(case, remove=[member]), options)


@command.command()
@click.argument("case")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def close(options: Options, case: str, yes: bool) -> None:
    """Close CASE (an id) for good: nothing is searched in it any more."""
    confirmed("Close this case? It cannot be opened again.", yes=yes)
    with options.client() as client:
        _show(client.close_case(case), options)


def _show(case: Case, options: Options) -> None:
    if options.as_json:
        emit_json(case)
        return
    today = "" if case.searches_today is None else case.searches_today
    rows = [
        ("Id", case.case_id),
        ("Purpose", case.purpose),
        ("Legal basis", case.legal_basis),
        ("Reference", case.reference),
        ("Status", case.status),
        ("Members", " ".join(case.members)),
        ("Opened", f"{case.created_at} by {case.created_by}"),
        ("Ends", case.ends_at),
        ("Forgotten", case.forget_at),
        ("Searches a day", "by the rules" if case.searches_a_day is None else case.searches_a_day),
        ("Searches today", today),
    ]
    table(("Case", ""), rows)
