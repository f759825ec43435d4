"""What `facekeep up` and `facekeep demo` look at before they start: a keep with a blocker stays down."""

from collections.abc import Iterable

import click

from facekeep.cli.exits import Exit
from facekeep.cli.options import Options
from facekeep.cli.screen import note, show_error
from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.service import administration
from facekeep.service.doctor import acceptance, visit
from facekeep.service.doctor.finding import Finding, Severity
from facekeep.settings import Settings

accept_option = click.option(
    "--accept", "accepted", multiple=True, metavar="CHECK=REASON",
    help="Live with what this check finds, and say why. May be given several times.",
)  # fmt: skip


def parsed(given: Iterable[str]) -> dict[str, str]:
    """Checks and reasons, as `--accept` takes them. Raises BadInput `invalid_request`."""
    pairs = [one.partition("=") for one in given]
    if any(not (name and sign and reason.strip() and len(reason) <= 200) for name, sign, reason in pairs):
        raise BadInput(Code.INVALID_REQUEST, "expected --accept CHECK=REASON, with a reason of up to 200 characters")
    return {name: reason.strip() for name, _, reason in pairs}


def pass_gate(options: Options, settings: Settings, given: Iterable[str]) -> tuple[Finding, ...]:
    """The blockers that were accepted, each said aloud; ends the command where there are others."""
    reasons = {**acceptance.of_trial(settings), **parsed(given)}
    report = visit.before_start(settings, reasons)
    blockers = [one for one in report.findings if one.severity is Severity.BLOCKER]
    for one in blockers:
        show_error(one.check, one.what, one.fix, as_json=options.as_json, allows=one.allows, docs=one.docs)
    if blockers:
        note(f"not started; to start all the same: --accept {blockers[0].check}='WHY'")
        click.get_current_context().exit(Exit.BLOCKERS)
    taken = tuple(one for one in report.accepted if one.severity is Severity.BLOCKER)
    for one in taken:
        note(f"accepted: {one.check} ({one.accepted}). It allows {one.allows}")
    return taken


def enter_in_log(settings: Settings, taken: Iterable[Finding]) -> None:
    """Write what was accepted to the keep's own log, where the vault is open; it was said on standard error already."""
    if administration.state(settings).state != "open":
        return
    for one in taken:
        try:
            administration.note_accepted(settings, one.check, one.accepted)
        except FacekeepError as error:
            note(f"{one.check} was accepted, and could not be entered in the log: {error}")
