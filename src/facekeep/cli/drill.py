"""`facekeep drill`: rob a keep made for it, tier by tier, and compare what is readable with what is declared."""

from pathlib import Path

import click

from facekeep.cli.exits import Exit
from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, note, say, table
from facekeep.errors import BadInput, Code, Unavailable
from facekeep.service import administration, demo
from facekeep.service.drill.declared import TIERS, chosen
from facekeep.service.drill.page import found_words, page, verdict
from facekeep.service.drill.report import DrillReport, signed, verified

_OUT = click.Path(dir_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--tier", "tiers", multiple=True, type=click.Choice(tuple(TIERS)), help="Only this one. Repeat for more.")
@click.option("--out", type=_OUT, help="The signed report (JSON).")
@click.option("--html", "html_path", type=_OUT, help="Also a page to read.")
@click.option("--record", is_flag=True, help="Have the keep on --data sign the report and enter it in its log.")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Where the demo photos are kept.")
@click.option("--verify", "untrusted_file", type=_FILE, help="Check a report instead; needs no keep.")
@click.option("--key", default="", help="With --verify: the key that the report must be signed with.")
@common
def command(  # noqa: PLR0917  click's interface
    options: Options,
    tiers: tuple[str, ...],
    out: Path | None,
    html_path: Path | None,
    record: bool,
    cache: Path | None,
    untrusted_file: Path | None,
    key: str,
) -> None:
    """Make a small keep, plant names and photos in it, rob it, and see what can be read.

    Exit status 1 where a tier is not as docs/threat-model.md declares it, 7 where a tier that was named cannot be
    drilled on this machine. --record needs --out: that file is what is signed.
    """
    if untrusted_file is not None:
        _show(options, verified(untrusted_file.read_bytes(), expected_key=key))
        return
    if record and out is None:
        raise BadInput(Code.INVALID_REQUEST, "--record needs --out: that file is what is signed")
    if record and administration.state(options.settings()).state != "open":
        raise Unavailable(Code.VAULT_SEALED, "--record writes into the log of the keep on --data, which is not open")
    report, file = _drilled(tiers, cache)
    if out is not None:
        out.write_bytes(file)
    if record and out is not None:
        report = _recorded(options, report, out)
    if html_path is not None:
        html_path.write_text(page(report), encoding="utf-8")
    _show(options, report)
    if report.fails:
        click.get_current_context().exit(Exit.UNEXPECTED)
    if tiers and any(one.outcome == "not drilled" for one in report.tiers):
        click.get_current_context().exit(Exit.PARTLY)


def _drilled(tiers: tuple[str, ...], cache: Path | None) -> tuple[DrillReport, bytes]:
    from facekeep.service.drill.drilling import drill  # noqa: PLC0415  compiles kernels; --verify needs none

    photos = demo.photos(cache or demo.default_cache())
    return drill(chosen(tiers), [one.content for one in photos], note)


def _recorded(options: Options, report: DrillReport, out: Path) -> DrillReport:
    """The report as the keep on --data signed it, which is in the file then."""
    file, entry = signed(options.settings(), report)
    out.write_bytes(file)
    outcomes = report.outcomes()
    note(f"signed by this keep's log, and entered there as entry {entry} of the keep's own")
    rests = ", ".join(sorted(outcomes)) or "nothing, because of none of their tiers every part was drilled"
    note(f"reports of incidents may rest on it for: {rests}")
    return verified(file)


def _show(options: Options, report: DrillReport) -> None:
    if options.as_json:
        emit_json(report)
        return
    rows = [(one.tier, one.expected, one.outcome, f"{one.size_bytes:,}", found_words(one)) for one in report.tiers]
    table(("Tier", "Declared", "Found", "Bytes", "What was found"), rows)
    say(verdict(report))
    note(f"not tried: {'; '.join(report.not_tried)}")
