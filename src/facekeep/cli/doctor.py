"""`facekeep doctor`: find what an intruder would find, before."""

from pathlib import Path

import click

from facekeep.cli.exits import Exit
from facekeep.cli.gate import accept_option, parsed
from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, safe, say
from facekeep.service.doctor.examine import Report
from facekeep.service.doctor.finding import Finding, Severity
from facekeep.service.doctor.visit import visit
from facekeep.web.route_table import route_table

_EXITS = {Severity.BLOCKER: Exit.BLOCKERS, Severity.WARNING: Exit.WARNINGS, Severity.NOTE: Exit.OK}


@click.command()
@click.option("--advisories", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A newer file of known vulnerabilities than the one that came with facekeep.")  # fmt: skip
@accept_option
@common
def command(options: Options, advisories: Path | None, accepted: tuple[str, ...]) -> None:
    """Look for misconfigurations; say what each allows, and the command that puts it right.

    Works while the keep is down, and looks at more where it runs. Changes nothing; where the vault is open, the visit
    is an entry of its log. Exit status 9 where there is a blocker, 8 where there is a warning, else 0.
    """
    settings = options.settings()
    routes = route_table(settings.http)
    report = visit(settings, parsed(accepted), routes=routes, advisories=advisories)
    if options.as_json:
        emit_json({"worst": report.worst, **_as_members(report)})
    else:
        _show(report)
    click.get_current_context().exit(_EXITS[report.worst] if report.worst else Exit.OK)


def _as_members(report: Report) -> dict[str, object]:
    names = ("findings", "accepted", "not_made", "made")
    return {name: getattr(report, name) for name in names}


def _show(report: Report) -> None:
    for one in report.findings:
        _show_finding(one)
    for one in report.accepted:
        say(f"accepted  {one.check}: {safe(one.what)}", f"          because: {safe(one.accepted)}")
    counts = [f"{_count(report, severity)} {severity}s" for severity in Severity]
    say(f"{report.made} checks: {', '.join(counts)}, {len(report.accepted)} accepted")
    if report.not_made:
        say(f"not made, because the keep is not open: {', '.join(report.not_made)}")


def _show_finding(one: Finding) -> None:
    say(
        f"{one.severity.upper():9} {one.check}: {safe(one.what)}",
        f"          allows: {one.allows}",
        f"          fix:    {safe(one.fix)}",
        f"          see:    {one.docs}",
        "",
    )


def _count(report: Report, severity: Severity) -> int:
    return sum(one.severity is severity for one in report.findings)
