"""`facekeep standing`: keep looking for a person among faces that are enrolled later."""

from collections.abc import Sequence
from pathlib import Path

import click

from facekeep.cli.options import Options, common
from facekeep.cli.photo_files import read_photo
from facekeep.cli.prompts import confirmed
from facekeep.cli.screen import emit_json, note, say, table
from facekeep.cli.wanted import wanted_collection
from facekeep_sdk import StandingSearch


@click.group()
def command() -> None:
    """Ask for, list, show, approve or end standing searches, and see what they found."""


@command.command()
@click.argument("case")
@click.argument("photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("collections", nargs=-1, required=True)
@click.option("--reason", default="", help="Why; for whoever approves.")
@click.option("--until", help="Last moment, ISO 8601. [default: the end of the case]")
@click.option("--face", type=click.IntRange(1), help="Which face, where the photo shows several: 1, 2, …")
@click.option("--score-floor", type=click.FloatRange(-1, 1), help="Report nothing below this score.")
@common
def create(  # noqa: PLR0917 - one argument an option
    options: Options,
    case: str,
    photo: Path,
    collections: Sequence[str],
    reason: str,
    until: str | None,
    face: int | None,
    score_floor: float | None,
) -> None:
    """Ask to look for the face on PHOTO, in CASE (an id), in all that is enrolled into COLLECTIONS from then on."""
    content = read_photo(photo.resolve())
    with options.client() as client:
        made = client.create_standing_search(
            case,
            content,
            [wanted_collection(client, one).collection_id for one in collections],
            reason=reason,
            score_floor=score_floor,
            expires_at=until,
            face_index=None if face is None else face - 1,
        )
    _show(made, options)


@command.command("list")
@click.option("--case", help="Those of this case (an id) alone.")
@common
def list_(options: Options, case: str | None) -> None:
    """List the standing searches of your cases, or all that you may approve or oversee."""
    with options.client() as client:
        found = list(client.standing_searches(case_id=case))
    if options.as_json:
        emit_json(found)
    elif found:
        rows = [(one.standing_id, one.case_id, one.status, one.hits, one.reason, one.expires_at) for one in found]
        table(("Id", "Case", "Status", "Hits", "Reason", "Until"), rows)
    else:
        say("no standing searches")


@command.command()
@click.argument("standing")
@common
def show(options: Options, standing: str) -> None:
    """Show the standing search STANDING (an id)."""
    with options.client() as client:
        _show(client.standing_search(standing), options)


@command.command()
@click.argument("standing")
@common
def approve(options: Options, standing: str) -> None:
    """Let begin what another person asked for."""
    with options.client() as client:
        _show(client.approve_standing_search(standing), options)


@command.command()
@click.argument("standing")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def end(options: Options, standing: str, yes: bool) -> None:
    """End STANDING (an id) for good, or refuse or withdraw its approval. Its hits stay listed."""
    confirmed("End this standing search? Its probe is destroyed.", yes=yes)
    with options.client() as client:
        _show(client.end_standing_search(standing), options)


@command.command()
@click.argument("standing")
@common
def hits(options: Options, standing: str) -> None:
    """List what STANDING (an id) found, oldest first."""
    with options.client() as client:
        found = list(client.hits(standing))
    if options.as_json:
        emit_json(found)
    elif found:
        rows = [
            (one.found_at, one.person_name or "(no name)", f"{one.score:.2f}", one.meaning, one.source, one.face_id)
            for one in found
        ]
        table(("Found", "Person", "Score", "What the score means", "Source", "Face id"), rows)
        note("Hits are leads for a person to judge, never identifications.")
    else:
        say("nothing yet")


def _show(one: StandingSearch, options: Options) -> None:
    if options.as_json:
        emit_json(one)
        return
    ended = f"{one.ended_at}, {one.ended_because}" if one.ended_at else ""
    rows = [
        ("Id", one.standing_id),
        ("Status", one.status),
        ("Case", one.case_id),
        ("Collections", " ".join(one.collection_ids)),
        ("Purpose", one.purpose),
        ("Legal basis", one.legal_basis),
        ("Reason", one.reason),
        ("Asked", f"{one.created_at} by {one.created_by}"),
        ("Approved", f"{one.approved_at} by {one.approved_by}" if one.approved_by else ""),
        ("Until", one.expires_at),
        ("Ended", ended),
        ("Hits", one.hits),
        ("Withheld", one.withheld),
    ]
    table(("Standing search", ""), rows)
