"""`facekeep status`: the state of the keep."""

import click

from facekeep.cli.exits import Exit
from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, table
from facekeep.service import administration, processes
from facekeep.service.doctor.finding import Severity
from facekeep.service.doctor.visit import before_start
from facekeep.settings import Settings
from facekeep_sdk import Status


@click.command()
@common
def command(options: Options) -> None:
    """Show whether vault and server run, and what the keep says of itself. Exit status 5 unless it is open."""
    settings = options.settings()
    vault, server = administration.state(settings), processes.health(settings)
    details: Status | None = None
    if server == "open":
        with options.client() as client:
            details = client.status()
    if options.as_json:
        emit_json({"vault": vault, "server": server or "unreachable", "keep": details})
    else:
        rows = [("Data", settings.data_dir), *_rows(vault, server, details), ("Doctor", _blockers(settings))]
        table(("Keep", ""), rows)
    if server != "open":
        click.get_current_context().exit(Exit.UNAVAILABLE)


def _blockers(settings: Settings) -> str:
    """What would keep `facekeep up` from starting, accepted or not, as far as this user may look."""
    found = before_start(settings, {}).findings
    names = sorted({one.check for one in found if one.severity is Severity.BLOCKER})
    return f"{', '.join(names)}: see facekeep doctor" if names else "no blocker; facekeep doctor looks at more"


def _rows(
    vault: administration.VaultState, server: str | None, details: Status | None
) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [("Vault", vault.state), ("Server", server or "unreachable")]
    if vault.method:
        rows.append(("Opened by", f"{vault.method}{' (TRIAL)' if vault.is_trial else ''}"))
    if vault.shares_given:
        rows.append(("Shares given", f"{vault.shares_given} of {vault.shares_needed}"))
    if vault.quarantined:
        rows.append(("Quarantined", "yes: search answers are refused until the alarm was looked into"))
    if details is not None:
        rows += [("Version", details.version), ("Model", details.model.get("name", ""))]
        rows += [(f"Index, {key.replace('_', ' ')}", value) for key, value in details.index.items()]
    return rows
