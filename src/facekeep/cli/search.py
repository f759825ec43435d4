"""`facekeep search`: candidates for the face on a photo."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from facekeep.cli.exits import Exit
from facekeep.cli.options import Options, common
from facekeep.cli.photo_files import read_photo
from facekeep.cli.screen import emit_json, note, say, table
from facekeep.cli.wanted import wanted_collection
from facekeep_sdk import Candidate, Client, FacekeepApiError, SearchResult


@click.command()
@click.argument("collection")
@click.argument("photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--case", help="The case it is searched in (an id); most collections need one.")
@click.option("--taken", help="When the photo was taken, ISO 8601; a year is enough. Kept with the leads.")
@click.option("--reveal", help="Show who the candidates are, for this reason; kept, and logged for each.")
@click.option("--top", type=click.IntRange(1, 100), default=10, show_default=True, help="Longest result.")
@click.option("--face", type=click.IntRange(1), help="Which face, where the photo shows several: 1, 2, …")
@click.option("--also", multiple=True, help="Search this collection too. May be given again.")
@click.option("--score-floor", type=click.FloatRange(-1, 1), help="Show nothing below this score.")
@common
def command(  # noqa: PLR0917 - one argument an option
    options: Options,
    collection: str,
    photo: Path,
    case: str | None,
    taken: str | None,
    reveal: str | None,
    top: int,
    face: int | None,
    also: Sequence[str],
    score_floor: float | None,
) -> None:
    """Search COLLECTION (a name or an id) for the face on PHOTO.

    Candidates are leads for a person to judge, never identifications. Exit status 7 when nobody was found.
    """
    content = read_photo(photo.resolve())
    with options.client() as client:
        wanted = [wanted_collection(client, name).collection_id for name in (collection, *also)]
        index = None if face is None else face - 1
        try:
            result = client.search(
                content,
                wanted,
                top_k=top,
                score_floor=score_floor,
                face_index=index,
                case_id=case,
                probe_captured_at=taken,
            )
            if reveal is not None:
                result = revealed(client, result, reveal)
        except FacekeepApiError as error:
            if error.code == "several_faces" and not options.as_json:
                show_boxes(error.members.get("faces"))
            raise
    if options.as_json:
        emit_json(result)
    else:
        show_candidates(result)
    if not result.candidates:
        click.get_current_context().exit(Exit.PARTLY)


def show_candidates(result: SearchResult) -> None:
    """Print a candidate list with what each score means."""
    if result.candidates:
        rows = [
            (one.rank, _person(one), f"{one.score:.2f}", one.meaning, _gap(one), one.source or "", _id(one))
            for one in result.candidates
        ]
        table(("Rank", "Person", "Score", "What the score means", "Years apart", "Source", "Lead or face id"), rows)
        note("Candidates are leads for a person to judge, never identifications.")
    else:
        say(f"nobody in {result.gallery} faces scores {result.floor:.2f} or more")
    if result.withheld:
        note(f"{result.withheld} more withheld: searched for too often lately")
    note(f"{result.gallery} faces searched, score floor {result.floor:.2f}, log entry {result.entry}")


def revealed(client: Client, result: SearchResult, reason: str) -> SearchResult:
    """The same candidates with who they are: each hidden one is revealed for that reason."""
    return replace(result, candidates=tuple(_revealed(client, one, reason) for one in result.candidates))


def show_boxes(untrusted_faces: Any) -> None:
    """Print the faces on a photo, numbered as `--face` counts them."""
    faces = [face for face in untrusted_faces if isinstance(face, dict)] if isinstance(untrusted_faces, list) else []
    rows = [(number, *_box(face), face.get("quality", "")) for number, face in enumerate(faces, start=1)]
    table(("Face", "Left", "Top", "Width", "Height", "Quality"), rows)


def _revealed(client: Client, one: Candidate, reason: str) -> Candidate:
    if one.revealed or one.lead_id is None:
        return one
    who = client.reveal_lead(one.lead_id, reason).identity
    if who is None:
        return one
    return replace(
        one, revealed=True, person_name=who.person_name, source=who.source, legal_basis=who.legal_basis
    )


def _person(one: Candidate) -> str:
    return (one.person_name or "(no name)") if one.revealed else "(hidden)"


def _id(one: Candidate) -> str:
    """What it is reviewed under, or what it is."""
    return one.lead_id or one.face_id


def _gap(one: Candidate) -> str:
    return "" if one.years_apart is None else f"{one.years_apart:g}"


def _box(face: dict[str, Any]) -> tuple[str, str, str, str]:
    box = face.get("box", face)
    left, top, width, height = (box.get(side) for side in ("left", "top", "width", "height"))
    return _px(left), _px(top), _px(width), _px(height)


def _px(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, int | float) else "?"
