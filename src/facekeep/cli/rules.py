"""`facekeep rules`: what cases are for, what needs a second person, and budgets."""

from collections.abc import Sequence
from dataclasses import replace

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, table
from facekeep.cli.wanted import wanted_collection
from facekeep_sdk import Rules


@click.group()
def command() -> None:
    """Show or set your organization's rules."""


@command.command()
@common
def show(options: Options) -> None:
    """Show the rules."""
    with options.client() as client:
        _show(client.rules(), options)


@command.command("set")
@click.option("--purpose", "purposes", multiple=True, help="What a case may be for. Given once or more, replaces all.")
@click.option("--case-days", type=click.IntRange(1), help="How long a case may last before it must be extended.")
@click.option("--case-retention-days", type=click.IntRange(0), help="When records of a case are forgotten, after it.")
@click.option("--approval", "approval", multiple=True, help="A collection that needs a second person. Replaces all.")
@click.option("--no-approval", is_flag=True, help="No collection needs a second person by these rules.")
@click.option("--approval-hours", type=click.IntRange(1), help="How long an approval holds.")
@click.option("--by-person", type=click.IntRange(1), help="Searches a day by one member.")
@click.option("--in-case", type=click.IntRange(1), help="Searches a day in one case.")
@click.option("--of-collection", type=click.IntRange(1), help="Searches a day of one collection.")
@click.option("--in-all", type=click.IntRange(1), help="Searches a day by the whole organization.")
@click.option("--password-sign-in/--no-password-sign-in", default=None, help="Whether passwords open anything.")
@common
def set_(  # noqa: PLR0917 - one argument an option
    options: Options,
    purposes: Sequence[str],
    case_days: int | None,
    case_retention_days: int | None,
    approval: Sequence[str],
    no_approval: bool,
    approval_hours: int | None,
    by_person: int | None,
    in_case: int | None,
    of_collection: int | None,
    in_all: int | None,
    password_sign_in: bool | None,
) -> None:
    """Change some rules and leave the others. For admins."""
    given: dict[str, object] = {
        "purposes": tuple(purposes) or None,
        "case_days": case_days,
        "case_retention_days": case_retention_days,
        "approval_hours": approval_hours,
        "searches_a_day_by_person": by_person,
        "searches_a_day_in_case": in_case,
        "searches_a_day_of_collection": of_collection,
        "searches_a_day": in_all,
        "password_sign_in": password_sign_in,
    }
    with options.client() as client:
        if approval or no_approval:
            given["approval_collections"] = tuple(wanted_collection(client, one).collection_id for one in approval)
        changed = {name: value for name, value in given.items() if value is not None}
        _show(client.set_rules(replace(client.rules(), **changed)), options)  # type: ignore[arg-type]


def _show(rules: Rules, options: Options) -> None:
    if options.as_json:
        emit_json(rules)
        return
    rows = [
        ("Purposes", "; ".join(rules.purposes or ())),
        ("A case lasts at most", f"{rules.case_days} days"),
        ("Forgotten after its end", f"{rules.case_retention_days} days"),
        ("Need a second person", " ".join(rules.approval_collections or ()) or "by their own policy alone"),
        ("An approval holds", f"{rules.approval_hours} hours"),
        ("Searches a day by a member", rules.searches_a_day_by_person),
        ("Searches a day in a case", rules.searches_a_day_in_case),
        ("Searches a day of a collection", rules.searches_a_day_of_collection),
        ("Searches a day in all", rules.searches_a_day),
        ("Sign-in by password", "allowed" if rules.password_sign_in else "not allowed"),
    ]
    table(("Rule", ""), rows)
