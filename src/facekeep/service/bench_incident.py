"""How long a report of an incident takes, on a log of so many entries of twenty customers, asked about all of it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from facekeep.errors import Code, Unavailable
from facekeep.service.evaluate.private_keep import key_file, private_settings, unseal
from facekeep.service.incident import making, operating, signing
from facekeep.service.processes import run_module, running_vault
from facekeep.settings import FacesSettings

_MB = 1e6


class ReportFigures(msgspec.Struct, frozen=True):
    """Seconds, entries a second, and the size of the signed report. `fields` have a verdict each.

    `make_cpu_s` is what making it took of a core here; the vault, which opens entries meanwhile, takes about as much.
    """

    entries: int
    customers: int
    fields: int
    accessed: int
    fill_s: float
    make_s: float
    make_cpu_s: float
    sign_s: float
    entries_a_second: int
    report_mb: float


def run(entries: int, *, json_path: Path | None = None, report: Callable[[str], None]) -> ReportFigures:
    """Fill a fresh keep's log and report about every entry of it; `report` gets a line for every step.

    Raises
    ------
    Unavailable
        `internal`: the log could not be filled.
    """
    with private_settings(FacesSettings()) as settings:
        report(f"writing {entries} entries")
        started = time.perf_counter()
        vault = ("--vault", str(settings.vault_dir), "--key-file", str(key_file(settings)))
        if run_module("facekeep.vault.incidents.bench_fill", (*vault, "--entries", str(entries))):
            raise Unavailable(Code.INTERNAL, "the log could not be filled")
        filled = time.perf_counter()
        with running_vault(settings, report):
            unseal(settings)
            incident = operating.open_incident(settings)
            begins, ends = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)
            asked = making.Asked(incident.incident_id, begins.isoformat(), ends.isoformat())
            report("making the report")
            begun, begun_cpu = time.perf_counter(), time.process_time()
            made = making.make(settings, asked)
            reported, reported_cpu = time.perf_counter(), time.process_time()
            file = signing.signed(settings, made)
            signed = time.perf_counter()
    counted = sum(one.entries_in_window for one in made.customers)
    figures = ReportFigures(
        entries=counted,
        customers=len(made.customers),
        fields=sum(len(one.fields) for one in made.customers),
        accessed=sum(each.verdict == "ACCESSED" for one in made.customers for each in one.fields),
        fill_s=round(filled - started, 1),
        make_s=round(reported - begun, 1),
        make_cpu_s=round(reported_cpu - begun_cpu, 1),
        sign_s=round(signed - reported, 1),
        entries_a_second=round(counted / (reported - begun)),
        report_mb=round(len(file) / _MB, 1),
    )
    if json_path is not None:
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
    return figures
