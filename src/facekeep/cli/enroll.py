"""`facekeep enroll`: enroll photos, folders of people, or a CSV manifest."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from facekeep.cli.bulk.batches import Batcher, Known
from facekeep.cli.bulk.listing import LeftOut, common_facts, list_photos
from facekeep.cli.bulk.resume import Resume
from facekeep.cli.bulk.tally import Tally
from facekeep.cli.bulk.upload import Answered, upload
from facekeep.cli.exits import ADVICE, Exit
from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, note, say, table
from facekeep.cli.wanted import wanted_collection
from facekeep.errors import BadInput, Code
from facekeep.service import credentials
from facekeep_sdk.models import WhichFace

_OWN_ADVICE = {
    "not_a_file": "give the real file; links and devices are not followed",
    "unreadable": "check the path and that you may read it",
    "invalid_row": "correct the row of the manifest",
    "several_faces": "enroll it with --which-face largest or all, or cut the face out",
}


@click.command()
@click.argument("collection")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option("--person", help="Name of the person on every photo given directly.")
@click.option("--source", help="Where the photos come from, such as a link.")
@click.option("--license", "license_", help="Their license.")
@click.option("--legal-basis", help="Consent or other legal basis.")
@click.option("--captured-at", help="When they were taken (ISO 8601).")
@click.option("--retain-until", help="When they must be gone (ISO 8601).")
@click.option("--which-face", type=click.Choice(get_args(WhichFace)), default="main", show_default=True,
              help="Which of several faces on a photo is meant.")  # fmt: skip
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to list refused photos.  [default: ./facekeep-refused-<time>.csv]")  # fmt: skip
@click.option("--retry-refused", is_flag=True, help="Send again what an earlier run was refused.")
@click.option("--fresh", is_flag=True, help="Forget what earlier runs sent; photos may be enrolled twice.")
@common
def command(  # noqa: PLR0917 - one argument an option
    options: Options,
    collection: str,
    paths: Sequence[Path],
    person: str | None,
    source: str | None,
    license_: str | None,
    legal_basis: str | None,
    captured_at: str | None,
    retain_until: str | None,
    which_face: str,
    report: Path | None,
    retry_refused: bool,
    fresh: bool,
) -> None:
    """Enroll photos into COLLECTION (a name or an id).

    PATH is a photo, a folder (each sub-folder is a person, underscores are spaces), or a CSV manifest with a column
    `path` and any of person, source, license, legal_basis, captured_at, retain_until.

    A bad photo never stops the run: it is listed at the end with its reason (exit status 7). A run that was
    interrupted goes on where it stopped when it is started again.
    """
    if report is not None and report.exists():
        raise BadInput(Code.CONFLICT, "the report's file exists already and is not written over")
    facts = common_facts(
        person=person,
        source=source,
        license=license_,
        legal_basis=legal_basis,
        captured_at=captured_at,
        retain_until=retain_until,
        which_face=which_face,
    )
    tally, listing = Tally(), list(list_photos(paths, facts))
    with options.client() as client:
        wanted = wanted_collection(client, collection).collection_id
        memory = Resume(credentials.resume_dir(options.settings()), wanted, fresh=fresh)
        try:
            with closing(memory), _counted(tally, len(listing)) as (passed_on, answered):
                batches = Batcher(memory, retry_refused=retry_refused, passed_on=passed_on).batches(listing)
                upload(client, wanted, batches, memory, answered)
        finally:
            _finish(tally, wanted, report or _default_report(), options)
    if tally.refused:
        click.get_current_context().exit(Exit.PARTLY)


@contextmanager
def _counted(
    tally: Tally, total: int
) -> Iterator[tuple[Callable[[LeftOut | Known], None], Callable[[Answered], None]]]:
    """The tally's two ears, with a progress bar between where a person watches."""
    if not sys.stderr.isatty():
        yield tally.passed_on, tally.answered
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("enrolling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("enrolling", total=total)

        def passed_on(one: LeftOut | Known) -> None:
            tally.passed_on(one)
            progress.advance(task)

        def answered(one: Answered) -> None:
            tally.answered(one)
            progress.advance(task)

        yield passed_on, answered


def _finish(tally: Tally, collection_id: str, report: Path, options: Options) -> None:
    if tally.refused:
        tally.write_report(report)
    if options.as_json:
        emit_json(
            {
                "collection_id": collection_id,
                "enrolled": tally.enrolled,
                "known_before": tally.known_before,
                "refused": tally.by_code,
                "report": str(report) if tally.refused else None,
            }
        )
        return
    before = f", {tally.known_before} were there already" if tally.known_before else ""
    say(f"{tally.enrolled} photos enrolled{before}, {len(tally.refused)} refused")
    if tally.refused:
        rows = [(code, count, {**ADVICE, **_OWN_ADVICE}.get(code, "")) for code, count in tally.by_code.items()]
        table(("Reason", "Photos", "What to do"), rows)
        note(f"each refused photo is listed in {report}")


def _default_report() -> Path:
    return Path(f"facekeep-refused-{datetime.now():%Y%m%d-%H%M%S}.csv")
