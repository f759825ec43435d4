"""`facekeep review`: the leads of a case, decided by two people, each without the other's word."""

from collections.abc import Sequence

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, note, say, table
from facekeep_sdk import Lead

_VERDICTS = {"same": "same_person", "not-same": "not_the_same", "cannot-say": "cannot_say"}
_HIDDEN = "(kept back until you decide)"


@click.group()
def command() -> None:
    """List, show, decide or reveal the leads of a case."""


@command.command("list")
@click.argument("case")
@common
def list_(options: Options, case: str) -> None:
    """List the leads of CASE (an id), in an order that says nothing of their scores."""
    with options.client() as client:
        found = list(client.leads(case))
    if options.as_json:
        emit_json(found)
    elif found:
        show_leads(found)
    else:
        say("no leads in this case yet; search with: facekeep search COLLECTION PHOTO --case ID")


@command.command()
@click.argument("lead")
@common
def show(options: Options, lead: str) -> None:
    """Show LEAD (an id), as far as you may see it yet."""
    with options.client() as client:
        _show(client.lead(lead), options)


@command.command()
@click.argument("lead")
@click.argument("verdict", type=click.Choice(list(_VERDICTS)))
@click.option("--reason", required=True, help="What you saw that tells.")
@common
def decide(options: Options, lead: str, verdict: str, reason: str) -> None:
    """Decide whether LEAD (an id) is the person. A decision is never taken back."""
    with options.client() as client:
        _show(client.decide_lead(lead, _VERDICTS[verdict], reason), options)


@command.command()
@click.argument("lead")
@click.option("--reason", required=True, help="Why you must know who it is; kept, and logged.")
@common
def reveal(options: Options, lead: str, reason: str) -> None:
    """Show who LEAD (an id) is."""
    with options.client() as client:
        _show(client.reveal_lead(lead, reason), options)


def show_leads(found: Sequence[Lead]) -> None:
    """Print leads, a row each."""
    rows = [(one.lead_id, _state(one), "yes" if one.may_decide else "no", _score(one), _person(one)) for one in found]
    table(("Id", "State", "For you to decide", "Score", "Person"), rows)


def _show(one: Lead, options: Options) -> None:
    if options.as_json:
        emit_json(one)
        return
    who = one.identity
    rows = [
        ("Id", one.lead_id),
        ("Case", one.case_id),
        ("State", _state(one)),
        ("For you to decide", "yes" if one.may_decide else "no"),
        ("Found", f"{one.found_at} by {one.found_by}"),
        ("Score", _score(one)),
        ("What it means", one.meaning or _HIDDEN),
        ("Searched", f"{one.gallery} faces, score floor {one.floor:.2f}"),
        ("Model", one.model),
        ("Quality", " ".join([str(one.quality), *(f"({reason})" for reason in one.quality_reasons)])),
        ("Photos taken", _dates(one)),
        ("Face id", one.face_id),
        ("Person", _person(one)),
        *([] if who is None else [("Source", who.source), ("License", who.license), ("Legal basis", who.legal_basis)]),
        *((f"Decision {each.round}", f"{each.verdict}, by {each.decided_by}: {each.reason}") for each in one.decisions),
        *((f"Revealed {each.revealed_at}", f"by {each.revealed_by}: {each.reason}") for each in one.reveals),
    ]
    table(("Lead", ""), rows)
    note("A lead is for people to judge, never an identification.")


def _state(one: Lead) -> str:
    return one.state.replace("_", " ") if one.verdict is None else f"agreed: {one.verdict.replace('_', ' ')}"


def _score(one: Lead) -> str:
    return _HIDDEN if one.score is None else f"{one.score:.2f}"


def _person(one: Lead) -> str:
    if one.identity is None:
        return "(hidden until you reveal it)"
    return one.identity.person_name or "(no name)"


def _dates(one: Lead) -> str:
    known = f"the probe {one.probe_captured_at or '(not known)'}, this one {one.captured_at or '(not known)'}"
    return known if one.years_apart is None else f"{known}: {one.years_apart:g} years apart"
