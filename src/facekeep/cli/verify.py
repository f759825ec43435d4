"""`facekeep verify`: compare two photos, or a photo with an enrolled person or face."""

from pathlib import Path

import click

from facekeep.cli.options import Options, common
from facekeep.cli.photo_files import read_photo
from facekeep.cli.screen import emit_json, note, safe, say

_PHOTO = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("first", type=_PHOTO)
@click.argument("second", type=_PHOTO, required=False)
@click.option("--person", help="Compare with this enrolled person (id).")
@click.option("--face", help="Compare with this enrolled face (id).")
@click.option("--case", help="The case it is compared in (an id), with an enrolled person or face.")
@click.option("--first-face", type=click.IntRange(1), help="Which face of FIRST, where it shows several: 1, 2, …")
@click.option("--second-face", type=click.IntRange(1), help="Which face of SECOND.")
@common
def command(  # noqa: PLR0917 - one argument an option
    options: Options,
    first: Path,
    second: Path | None,
    person: str | None,
    face: str | None,
    case: str | None,
    first_face: int | None,
    second_face: int | None,
) -> None:
    """Say how alike the faces on FIRST and SECOND are, or FIRST and an enrolled person or face."""
    if [second, person, face].count(None) != 2:
        raise click.UsageError("give a second photo, --person or --face: exactly one of them")
    with options.client() as client:
        other = None if second is None else read_photo(second.resolve())
        result = client.verify(
            read_photo(first.resolve()),
            other,
            person_id=person,
            face_id=face,
            first_face_index=_index(first_face),
            second_face_index=_index(second_face),
            case_id=case,
        )
    if options.as_json:
        emit_json(result)
        return
    shown = "not shown" if result.score is None else f"{result.score:.2f}"
    say(f"score {shown}: {safe(result.meaning)}")
    note(f"A score is a lead for a person to judge. Log entry {result.entry}")


def _index(number: int | None) -> int | None:
    return None if number is None else number - 1
