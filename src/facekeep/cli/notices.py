"""`facekeep incident notify|clocks`: letters and notifications from a signed report, and when each is due."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, note, safe, say, table
from facekeep.errors import BadInput, Code

if TYPE_CHECKING:
    from facekeep.service.incident.notices.writing import Written
    from facekeep.service.incident.report import Report

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("report_file", metavar="REPORT", type=_FILE)
@click.option("--key", required=True, help="The log's public key, as `facekeep log checkpoint` prints it.")
@click.option("--witness-key", "witness_keys", multiple=True, help="A witness's key. Repeat for more.")
@click.option("--out", "folder", type=_FOLDER, required=True, help="An empty or new folder for the notices.")
@click.option("--offline", is_flag=True, help="Pseudonyms in place of names; needs no keep.")
@click.option("--all", "everybody", is_flag=True, help="Letters to every customer, the others too.")
@click.option("--pdf", "with_pdf", is_flag=True, help="A PDF beside every page.")
@common
def notify(  # noqa: PLR0917  click's interface
    options: Options,
    report_file: Path,
    key: str,
    witness_keys: tuple[str, ...],
    folder: Path,
    offline: bool,
    everybody: bool,
    with_pdf: bool,
) -> None:
    """Fill letters and notifications from the signed REPORT; what people must still write is marked and counted."""
    from facekeep.service.incident.notices import writing  # noqa: PLC0415
    from facekeep.service.incident.notices.letters import Addressee  # noqa: PLC0415

    report = _verified(report_file, key, witness_keys)
    name = Addressee if offline else writing.opened_by(options.settings(), report)
    made = list(
        writing.write(report, folder, datetime.now(UTC), name=name, everybody=everybody, with_pdf=with_pdf)
    )
    if options.as_json:
        emit_json({"folder": str(folder), "notices": made, "required": sum(len(one.marks) for one in made)})
        return
    _show(made, folder)


def _show(made: "list[Written]", folder: Path) -> None:
    marks = sum(len(one.marks) for one in made)
    table(("Notice", "Due (UTC)", "To write"), [(one.file, one.due_at or "-", len(one.marks)) for one in made])
    say(f"{safe(str(folder))}: {len(made)} notices, in which people must still write {marks} parts")
    if not any(one.file.startswith("customers/") for one in made):
        note("no customer is known to be affected; --all writes to every customer")


@click.command()
@click.argument("incident_id", metavar="[INCIDENT]", default="")
@click.option("--report", "report_file", type=_FILE, help="Offline: of the incident in this signed report.")
@click.option("--key", default="", help="With --report: the log's public key.")
@common
def clocks(options: Options, incident_id: str, report_file: Path | None, key: str) -> None:
    """Show what the law asks for until when, counted from awareness, of INCIDENT or of every open one."""
    from facekeep.service.incident.notices.clocks import clocks as every  # noqa: PLC0415
    from facekeep.service.incident.notices.clocks import remains, since  # noqa: PLC0415

    now = datetime.now(UTC)
    found = [
        {"incident": one, "aware_at": aware_at, "clocks": every(aware_at), "since": since(aware_at, now)}
        for one, aware_at in _aware(options, incident_id, report_file, key)
    ]
    if options.as_json:
        emit_json(found)
        return
    for each in found:
        say(f"{safe(each['incident'])}, aware at {safe(each['aware_at'])}, {each['since']} ago")
        rows = [
            (one.title, one.due_at or one.rule, remains(one.due_at, now) if one.due_at else "-")
            for one in every(str(each["aware_at"]))
        ]
        table(("Notice", "Due (UTC)", "Remains"), rows)


def _aware(options: Options, incident_id: str, report_file: Path | None, key: str) -> list[tuple[str, str]]:
    """The incidents that were meant, each with when it became known."""
    if report_file is not None:
        told = _verified(report_file, key, ()).incident
        return [(told.incident_id, told.aware_at)]
    from facekeep.service.incident import operating  # noqa: PLC0415

    every: list[Any] = list(operating.incidents(options.settings()))
    found = [one for one in every if (one.incident_id == incident_id if incident_id else one.closed_at is None)]
    if incident_id and not found:
        raise BadInput(Code.NOT_FOUND, "no such incident")
    return [(one.incident_id, one.aware_at) for one in found]


def _verified(path: Path, key: str, witness_keys: tuple[str, ...]) -> "Report":
    from facekeep.service.incident import signing  # noqa: PLC0415

    if path.stat().st_size > signing.LARGEST_BYTES:
        raise BadInput(Code.REQUEST_TOO_LARGE, "that is too large for a report")
    return signing.verified(path.read_bytes(), expected_key=key, witness_keys=witness_keys)
