"""`facekeep evaluate`: measure error rates on labelled photos."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from facekeep.cli.screen import note, safe, say, table

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("photos", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "json_path", type=_FILE, help="Write the whole report there as JSON.")
@click.option("--plot", type=_FILE, help="Draw the error trade-off (needs matplotlib).")
@click.option("--table", "table_path", type=_FILE, help="Write the table that says what a score means.")
@click.option("--source", default="", help="Describes the photos in that table.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--trials", type=click.IntRange(1, 1_000), default=10, show_default=True)
@click.option("--workers", type=click.IntRange(0, 256), default=0, help="Processes that read photos. [default: cores]")
def command(  # noqa: PLR0917 - one argument an option
    photos: Path,
    json_path: Path | None,
    plot: Path | None,
    table_path: Path | None,
    source: str,
    seed: int,
    trials: int,
    workers: int,
) -> None:
    """Measure error rates on DIR, a folder with one folder of photos a person, sealed and plain side by side.

    Nothing of it enters a keep.
    """
    from facekeep.service.evaluate import run_evaluation  # noqa: PLC0415 - loads the face models

    report = run_evaluation(
        photos,
        seed=seed,
        trials=trials,
        json_path=json_path,
        plot_path=plot,
        table_path=table_path,
        source=source,
        workers=workers,
        progress=_progress(),
    )
    _show(json.loads(report.to_json()))


def _progress() -> Callable[[str, int, int], None]:
    def show(what: str, done: int, of: int) -> None:
        if done == of or done % max(1, of // 20) == 0:
            note(f"{what}: {done} of {of}")

    return show


def _show(report: dict[str, Any]) -> None:
    sides = [report["sealed"], report["plain"]]
    rows: list[tuple[object, ...]] = [
        ("right person first", *(_figure(side["rank1"]) for side in sides)),
        ("right person first, leave one out", *(_figure(side["rank1_leave_one_out"]) for side in sides)),
    ]
    for name, label in (("fnir_at_fpir", "FNIR at FPIR"), ("tar_at_fmr", "TAR at FMR")):
        for rate in report["sealed"][name]:
            rows.append((f"{label} {rate}", *(_figure(side[name][rate]) for side in sides)))
    table(("Figure", "Sealed", "Plain"), rows)
    say(f"{report['photos']} photos of {report['people']} people, {report['trials']} trials, seed {report['seed']}")
    say(f"gallery {report['sealed']['gallery']}, faces found on {_figure(report['detection_rate'])} of the photos")
    note(safe(report["caveat"]))


def _figure(value: float) -> str:
    return f"{value:.4f}"
