"""`facekeep demo`: try a keep with six freely licensed photos of public figures."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from facekeep.cli.exits import Exit
from facekeep.cli.gate import accept_option, enter_in_log, pass_gate
from facekeep.cli.options import Options, common
from facekeep.cli.screen import emit_json, note, safe, say, table
from facekeep.cli.search import show_candidates
from facekeep.cli.up import announce, running
from facekeep.errors import Code, Tampered, Unavailable
from facekeep.service import credentials, demo, processes
from facekeep.service.demo import DemoPhoto
from facekeep.service.processes import TRIAL
from facekeep_sdk import Client, Photo, Policy, SearchResult

_COLLECTION = "demo"
_POLICY = Policy(reveal_required=False)  # public figures, whose names are in the credits above
_PROBE = "person_b_2.jpg"
_PURPOSE, _REFERENCE = "Testing and training", "demo"
_LEGAL_BASIS = "freely licensed photographs of public figures"


@click.command()
@click.option("--exit", "leave", is_flag=True, help="Stop afterwards instead of running on.")
@accept_option
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Where the photos' archive is kept.")
@common
def command(options: Options, leave: bool, cache: Path | None, accepted: tuple[str, ...]) -> None:
    """Enroll four public figures in a collection "demo" and search for one of them with another photo.

    Uses the keep that runs on --data, or starts one (a trial keep where there is none). Safe to run again.
    """
    photos = demo.photos(cache or demo.default_cache())
    if not options.as_json:
        _show_credits(photos)
    settings = options.settings()
    credentials.make_data_dir(settings)
    with ExitStack() as stack:
        started = None
        if not processes.is_supervised(settings):
            taken = pass_gate(options, settings, accepted)
            started = stack.enter_context(running(settings, TRIAL, as_json=options.as_json))
            enter_in_log(settings, taken)
        if processes.health(settings) != "open":
            raise Unavailable(Code.VAULT_SEALED, "the keep is not open")
        with options.client() as client:
            came_first = _try(client, photos, options)
        if started is not None and not leave:
            supervisor, stop = started
            announce(settings, as_json=options.as_json)
            _offer_by_hand(photos, cache or demo.default_cache(), options)
            supervisor.watch(stop)
    if not came_first:
        click.get_current_context().exit(Exit.PARTLY)


def _try(client: Client, photos: Sequence[DemoPhoto], options: Options) -> bool:
    """Enroll what is missing, search once, show it; True if the right person came first."""
    collection_id = _collection(client)
    _enroll(client, collection_id, photos)
    probe = next((photo for photo in photos if photo.file == _PROBE), None)
    if probe is None:
        raise Tampered(Code.CELL_MISSING, f"{_PROBE} is not in the demo archive")
    result = client.search(probe.content, [collection_id], case_id=_case(client), probe_captured_at=probe.year)
    _show(result, probe, options)
    return bool(result.candidates) and result.candidates[0].person_name == probe.person


def _offer_by_hand(photos: Sequence[DemoPhoto], cache: Path, options: Options) -> None:
    """Lay the probe out as a file, so that whoever joins in the console can search with it."""
    probe = next(photo for photo in photos if photo.file == _PROBE)
    path = cache / probe.file
    path.write_bytes(probe.content)
    if not options.as_json:
        say("", f"Once you are in: open a case, and search with {safe(str(path))}")


def _collection(client: Client) -> str:
    found = next((one for one in client.collections() if one.name == _COLLECTION), None)
    return (found or client.create_collection(_COLLECTION, _POLICY)).collection_id


def _case(client: Client) -> str:
    """An open case for trying things: the one of an earlier run, or a new one."""
    known = (one for one in client.cases() if one.reference == _REFERENCE and one.status == "open")
    found = next(known, None)
    return (found or client.create_case(_PURPOSE, _LEGAL_BASIS, reference=_REFERENCE)).case_id


def _enroll(client: Client, collection_id: str, photos: Sequence[DemoPhoto]) -> None:
    there = {face.photo_name for face in client.faces(collection_id)}
    missing = [photo for photo in photos if photo.number == 1 and photo.file not in there]
    if not missing:
        return
    for outcome in client.enroll(collection_id, [_as_photo(photo) for photo in missing]).photos:
        if outcome.refused is not None:
            note(f"{outcome.photo_name} was refused: {outcome.refused.detail} [{outcome.refused.code}]")


def _as_photo(photo: DemoPhoto) -> Photo:
    return Photo(
        photo.content,
        person_name=photo.person,
        source=photo.source,
        license=f"{photo.license}, {photo.author}",
        legal_basis="freely licensed photograph of a public figure",
        captured_at=photo.year,
        photo_name=photo.file,
    )


def _show_credits(photos: Sequence[DemoPhoto]) -> None:
    rows = [(one.file, one.person, one.year, one.author, one.license) for one in photos]
    table(("Photo", "Person", "Taken", "Author", "License"), rows)


def _show(result: SearchResult, probe: DemoPhoto, options: Options) -> None:
    if options.as_json:
        emit_json(result)
        return
    say(f'Searching, in a case for "{_PURPOSE}", with another photo of {probe.person} ({probe.year}):')
    show_candidates(result)
    note('In this collection names are shown at once; others hide them until somebody reveals a lead, with a reason.')
