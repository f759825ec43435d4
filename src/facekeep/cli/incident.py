"""`facekeep incident`: what to do on the worst day, on the machine of the vault."""

from pathlib import Path
from typing import Any

import click
import msgspec

from facekeep.cli import notices
from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, note, safe, say, table
from facekeep.errors import BadInput, Code
from facekeep.service.incident import operating
from facekeep.service.incident.tiers import TIERS

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Open an incident, report exactly what was and was not accessed, write the notices, and close it."""


command.add_command(notices.notify)
command.add_command(notices.clocks)


@command.command("open")
@click.option("--aware", "aware_at", default="", help="When you became aware (ISO 8601).  [default: now]")
@common
def open_(options: Options, aware_at: str) -> None:
    """Freeze forgetting by time, publish a checkpoint and have the witnesses sign it."""
    made = operating.open_incident(options.settings(), aware_at=aware_at)
    if options.as_json:
        emit_json(made)
        return
    say(f"incident {safe(made.incident_id)}, aware at {safe(made.aware_at)}, entry {made.entry} of the keep's own log")
    for one in made.unsigned:
        note(f"not signed: {safe(one)}")


@command.command("list")
@common
def list_(options: Options) -> None:
    """List incidents, oldest first."""
    found = operating.incidents(options.settings())
    if options.as_json:
        emit_json(found)
        return
    rows = [(one.incident_id, one.opened_at, one.aware_at, one.closed_at or "-", len(one.notes)) for one in found]
    table(("Incident", "Opened", "Aware", "Closed", "Checkpoints"), rows)


@command.command()
@click.argument("incident_id", metavar="INCIDENT")
@click.option("--from", "begins_at", required=True, help="The time asked about begins (ISO 8601).")
@click.option("--to", "ends_at", required=True, help="The time asked about ends (ISO 8601).")
@click.option("--key", "keys", multiple=True, help="A suspect: the name of an API key, without fk_. Repeat for more.")
@click.option("--actor", "actors", multiple=True, help="A suspect: a member, passkey or password by id, or operator.")
@click.option("--session", "sessions", multiple=True, help="A suspect: a session by id.")
@click.option("--entry", default="", help="A suspect: whoever wrote the entry CUSTOMER/NUMBER.")
@click.option("--tier", "tiers", multiple=True, type=click.Choice(tuple(TIERS)), help="What the thief held.")
@click.option("--host", type=click.Choice(("server", "vault")), help="A machine of the keep that the thief had.")
@click.option("--root-cause", "cause", type=_FILE, help="Text of a person who says why it could happen.")
@click.option("--doctor", "doctor", type=_FILE, help="What `facekeep doctor --json` wrote.")
@click.option("--out", type=_OUT, required=True, help="The signed report (JSON).")
@click.option("--html", "html_path", type=_OUT, help="Also a page to print.")
@click.option("--pdf", "pdf_path", type=_OUT, help="Also a PDF.")
@common
def report(  # noqa: PLR0917  click's interface
    options: Options,
    incident_id: str,
    begins_at: str,
    ends_at: str,
    keys: tuple[str, ...],
    actors: tuple[str, ...],
    sessions: tuple[str, ...],
    entry: str,
    tiers: tuple[str, ...],
    host: str | None,
    cause: Path | None,
    doctor: Path | None,
    out: Path,
    html_path: Path | None,
    pdf_path: Path | None,
) -> None:
    """Write what the log proves about INCIDENT: accessed, proven not accessed, no evidence, or unknown."""
    from facekeep.service.incident import making, signing  # noqa: PLC0415

    settings = options.settings()
    held = {*tiers, *({"server": ("server",), "vault": ("vault-memory",)}[host] if host else ())}
    made = making.make(
        settings,
        making.Asked(
            incident_id=incident_id,
            begins_at=begins_at,
            ends_at=ends_at,
            suspects=(*(one.removeprefix("fk_") for one in keys), *actors, *sessions),
            entry=entry,
            tiers=tuple(sorted(held)),
            root_cause=cause.read_text() if cause else "",
            doctor=_json(doctor) if doctor else None,
        ),
    )
    out.write_bytes(signing.signed(settings, made))
    _write_pages(made, html_path, pdf_path)
    _show(made, options, out)


@command.command()
@click.argument("report_file", metavar="FILE", type=_FILE)
@click.option("--key", required=True, help="The log's public key, as `facekeep log checkpoint` prints it.")
@click.option("--witness-key", "witness_keys", multiple=True, help="A witness's key. Repeat for more.")
@click.option("--html", "html_path", type=_OUT, help="Write the page of it.")
@click.option("--pdf", "pdf_path", type=_OUT, help="Write the PDF of it.")
@common
def verify(  # noqa: PLR0917  click's interface
    options: Options,
    report_file: Path,
    key: str,
    witness_keys: tuple[str, ...],
    html_path: Path | None,
    pdf_path: Path | None,
) -> None:
    """Check a signed report on any machine, without the keep: signature, checkpoints, and every verdict."""
    from facekeep.service.incident import signing  # noqa: PLC0415

    if report_file.stat().st_size > signing.LARGEST_BYTES:
        raise BadInput(Code.REQUEST_TOO_LARGE, "that is too large for a report")
    found = signing.verified(report_file.read_bytes(), expected_key=key, witness_keys=witness_keys)
    _write_pages(found, html_path, pdf_path)
    _show(found, options, report_file)


@command.command()
@click.argument("incident_id", metavar="INCIDENT")
@click.option("--from", "begins_at", required=True, help="Since when (ISO 8601).")
@click.option("--to", "ends_at", required=True, help="Until when (ISO 8601).")
@common
def foreign(options: Options, incident_id: str, begins_at: str, ends_at: str) -> None:
    """Declare that the vault's host was in foreign hands: what the log says of that time proves nothing."""
    entry = operating.declare_foreign(options.settings(), incident_id, begins_at=begins_at, ends_at=ends_at)
    _show_entry(entry, options)


@command.command()
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("customer", metavar="CUSTOMER")
@common
def name(options: Options, incident_id: str, customer: str) -> None:
    """Open the name behind the pseudonym CUSTOMER. Every time is an entry."""
    found = operating.name_customer(options.settings(), incident_id, customer)
    if options.as_json:
        emit_json(found)
    else:
        say(f"{safe(found.name)}, {safe(found.organization_id)}; entry {found.entry} of the keep's own log")


@command.command()
@click.argument("incident_id", metavar="INCIDENT")
@click.option("--reason", required=True, help="Why it is over.")
@common
def close(options: Options, incident_id: str, reason: str) -> None:
    """Close INCIDENT: what is due to be forgotten is forgotten again."""
    _show_entry(operating.close_incident(options.settings(), incident_id, reason=reason), options)


def _write_pages(made: Any, html_path: Path | None, pdf_path: Path | None) -> None:
    if html_path is not None:
        from facekeep.service.incident import html  # noqa: PLC0415

        html_path.write_text(html.page(made))
    if pdf_path is not None:
        from facekeep.service.incident import pdf  # noqa: PLC0415

        pdf_path.write_bytes(pdf.document(made))


def _show(made: Any, options: Options, path: Path) -> None:
    """How many fields of how many customers have which verdict."""
    counts: dict[str, int] = {}
    for customer in made.customers:
        for one in customer.fields:
            counts[one.verdict] = counts.get(one.verdict, 0) + 1
    if options.as_json:
        emit_json({"file": str(path), "verdicts": counts, "problems": made.problems, "key": made.log.verifier_key})
        return
    say(f"{safe(str(path))}: {len(made.customers)} customers, first act {made.timeline.first_act_at or '-'}")
    table(("Verdict", "Fields"), sorted(counts.items()))
    for one in made.problems:
        note(safe(one))
    if made.root_cause.state == "REQUIRED":
        note("the root cause is REQUIRED: write it, and give it with --root-cause")
    say("check it anywhere with:", f"  facekeep incident verify {safe(str(path))} --key {safe(made.log.verifier_key)}")


def _show_entry(entry: int, options: Options) -> None:
    if options.as_json:
        emit_json({"entry": entry})
    else:
        say(f"done, entry {entry} of the keep's own log")


def _json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise BadInput(Code.INVALID_REQUEST, "what doctor wrote is no JSON") from error
