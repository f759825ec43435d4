"""`facekeep bench`: measure speed on this machine."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import msgspec

from facekeep.cli.screen import note, table
from facekeep.service import processes


@click.group()
def command() -> None:
    """Measure speed on this machine."""


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@command.command(context_settings=_PASS_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def index(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Measure the sealed index beside plain ones. Arguments go to the measuring program; try --help."""
    ctx.exit(processes.run_module("facekeep.vault.bench_index", arguments))


@command.command()
@click.argument("photos", metavar="[DIR]", required=False, type=_FOLDER)
@click.option("--count", type=click.IntRange(1), default=512, show_default=True, help="Photos to enroll.")
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Threads on both sides.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there.")
def enroll(photos: Path | None, count: int, threads: int, json_path: Path | None) -> None:
    """Measure enrolling the photos of DIR beside OpenCV. Nothing of it enters a keep.

    Without DIR the six photos of the demo are used over and over.
    """
    from facekeep.service import demo  # noqa: PLC0415
    from facekeep.service.bench_enroll import run  # noqa: PLC0415 - loads the face models

    source = photos or [one.content for one in demo.photos(demo.default_cache())]
    speed = run(source, count, threads, json_path)
    table(("Figure", ""), msgspec.to_builtins(speed).items())


@command.command()
@click.option("--dimension", type=click.IntRange(8, 512), default=512, show_default=True, help="Length of a template.")
@click.option("--templates", type=click.IntRange(1), default=1_000_000, show_default=True, help="Faces to enroll.")
@click.option("--searches", type=click.IntRange(1), default=15, show_default=True, help="Searches to time.")
@click.option("--threads", type=click.IntRange(0, 256), default=0, help="Threads of the scan; 0 is one a core.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there.")
def keep(dimension: int, templates: int, searches: int, threads: int, json_path: Path | None) -> None:
    """Measure a whole keep with synthetic faces in it: enrolling, searching, restarting, memory and disk.

    Takes about 20 minutes and 15 GB in the folder for temporary files ($TMPDIR) for a million faces.
    """
    from facekeep.service.bench_keep import run  # noqa: PLC0415 - loads the store and the scan kernels

    figures = run(
        dimension=dimension,
        templates=templates,
        searches=searches,
        threads=threads,
        json_path=json_path,
        report=note,
    )
    table(("Figure", ""), _flat(msgspec.to_builtins(figures)))


@command.command()
@click.option("--templates", type=click.IntRange(100), default=100_000, show_default=True, help="Faces to enroll.")
@click.option("--turns", type=click.IntRange(2), default=100, show_default=True, help="Searches one at a time.")
@click.option("--clients", type=click.IntRange(1, 128), default=50, show_default=True, help="Searching at once.")
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="For so long.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there.")
def load(templates: int, turns: int, clients: int, seconds: float, json_path: Path | None) -> None:
    """Measure a whole keep that is searched over HTTP, one at a time and by many clients at once."""
    from facekeep.service.bench_load import Plan, run  # noqa: PLC0415 - loads the store and the scan kernels

    figures = run(Plan(templates, turns, clients, seconds), json_path=json_path, report=note)
    table(("Figure", ""), msgspec.to_builtins(figures).items())


@command.command()
@click.option("--entries", type=click.IntRange(1), default=1_000_000, show_default=True, help="Entries of the log.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there.")
def incident(entries: int, json_path: Path | None) -> None:
    """Measure the report of an incident about every entry of a log. A million entries take about 1.2 GB meanwhile."""
    from facekeep.service.bench_incident import run  # noqa: PLC0415

    table(("Figure", ""), msgspec.to_builtins(run(entries, json_path=json_path, report=note)).items())


def _flat(figures: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Names and values, those of inner mappings under `outer.inner`."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
