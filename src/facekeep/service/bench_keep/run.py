"""Enroll, search, restart and weigh a whole keep with many synthetic faces.

Everything but the faces is the product's own: the vault's process, its database and log, the store on disk, the
messages over the socket, and the use-cases; this process is the server. HTTP, decoding and embedding are left out.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import gettempdir

import msgspec

from facekeep.errors import Code, Unavailable
from facekeep.sealed.compute import CORES
from facekeep.service.bench_keep import idle
from facekeep.service.bench_keep.figures import EnrollTimes, KeepFigures, SearchTimes, Weights
from facekeep.service.bench_keep.gallery import Gallery, Templates
from facekeep.service.bench_keep.memory import mapped_bytes, process_of, require_linux
from facekeep.service.bench_keep.steps import Measured, Searched, medians, plain_search
from facekeep.service.bench_keep.timed import timed_keep
from facekeep.service.evaluate.private_keep import initialize, private_settings, unseal
from facekeep.service.processes import running_vault
from facekeep.settings import FacesSettings, SearchSettings, Settings
from facekeep.terms import CollectionId

Report = Callable[[str], None]
_MB = 1e6
_VAULT = "facekeep.vault"
_EXTRA_BYTES_A_FACE = 12_000  # records, crops and the vault's rows with their indexes and logs; templates come on top
_LINES = 20


@dataclass(frozen=True, slots=True)
class _FirstLife:
    collection_id: CollectionId
    batches: list[EnrollTimes]
    searches: list[Searched]
    plain_ms: list[float]
    vault: int
    vault_peak: int
    index: int


@dataclass(frozen=True, slots=True)
class _SecondLife:
    unseal_s: float
    first: SearchTimes
    vault: int
    after_enroll: SearchTimes
    after_forget: SearchTimes


def run(
    *,
    dimension: int = 512,
    templates: int = 1_000_000,
    searches: int = 15,
    threads: int = 0,
    json_path: Path | None = None,
    report: Report,
) -> KeepFigures:
    """Measure a keep of `templates` faces; `report` gets a line for every step.

    Raises
    ------
    BadInput
        `invalid_request`: not on Linux.
    Unavailable
        `disk_full`: the folder for temporary files has no room for so many faces.
    """
    require_linux()
    _require_room(dimension, templates)
    gallery = Gallery(dimension, templates, searches + 1)
    report("weighing an idle keep")
    resting = idle.weigh(report)
    with private_settings(FacesSettings(), search=SearchSettings(threads=threads)) as settings:
        with running_vault(settings, report):
            api_key = initialize(settings)
            first = _first_life(settings, api_key, gallery, report)
        report("starting the vault and the server anew")
        second = _second_life(settings, api_key, first.collection_id, gallery, report)
        figures = _figures(gallery, settings, first, second, resting)
    if json_path is not None:
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
    return figures


def _first_life(settings: Settings, api_key: str, gallery: Gallery, report: Report) -> _FirstLife:
    with timed_keep(settings, gallery.dimension) as (keep, clock):
        measured = Measured(keep, clock, api_key)
        collection_id = measured.new_collection()
        batches = _enroll_all(measured, collection_id, gallery, report)
        report("searching")
        searches, plain_ms = _search_in_turns(measured, collection_id, gallery, settings)
        vault = process_of(settings.data_dir, _VAULT)
        index = mapped_bytes(settings.store_dir)
        return _FirstLife(collection_id, batches, searches, plain_ms, vault.bytes_held, vault.peak_bytes, index)


def _second_life(
    settings: Settings, api_key: str, collection_id: CollectionId, gallery: Gallery, report: Report
) -> _SecondLife:
    started = time.perf_counter()
    with running_vault(settings, report):
        unseal(settings)
        unseal_s = time.perf_counter() - started
        with timed_keep(settings, gallery.dimension) as (keep, clock):
            measured, probe = Measured(keep, clock, api_key), gallery.probe(0)
            first = measured.search(collection_id, probe).times
            vault = process_of(settings.data_dir, _VAULT).bytes_held
            _, face_id = measured.enroll(collection_id, gallery.probe(gallery.probes)[None], gallery.templates)
            after_enroll = measured.search(collection_id, probe).times
            measured.forget(face_id)
            after_forget = measured.search(collection_id, probe).times
    return _SecondLife(unseal_s, first, vault, after_enroll, after_forget)


def _enroll_all(
    measured: Measured, collection_id: CollectionId, gallery: Gallery, report: Report
) -> list[EnrollTimes]:
    times: list[EnrollTimes] = []
    done = 0
    for batch in gallery.batches():
        times.append(measured.enroll(collection_id, batch, done)[0])
        done += len(batch)
        if done * _LINES // gallery.templates > (done - len(batch)) * _LINES // gallery.templates:
            report(f"enrolled {done} of {gallery.templates}, {_per_second(times[-1:], len(batch)):.0f} a second")
    return times


def _search_in_turns(
    measured: Measured, collection_id: CollectionId, gallery: Gallery, settings: Settings
) -> tuple[list[Searched], list[float]]:
    """Our searches and the plain ones, one after the other; the first turn warms up and is dropped."""
    plain = plain_search(gallery, settings.search.threads or CORES)
    ours: list[Searched] = []
    theirs: list[float] = []
    for number in range(gallery.probes):
        probe = gallery.probe(number)
        ours.append(measured.search(collection_id, probe))
        if plain is not None:
            theirs.append(_milliseconds(plain, probe))
    return ours[1:], theirs[1:]


def _figures(
    gallery: Gallery, settings: Settings, first: _FirstLife, second: _SecondLife, resting: idle.IdleKeep
) -> KeepFigures:
    ratios = [ours.times.whole / theirs for ours, theirs in zip(first.searches, first.plain_ms, strict=False)]
    return KeepFigures(
        dimension=gallery.dimension,
        templates=gallery.templates,
        threads=settings.search.threads or CORES,
        enroll_per_second=round(_per_second(first.batches, gallery.templates), 1),
        enroll_ms_a_batch=medians(first.batches),
        last_enroll_ms_a_batch=medians(first.batches[-max(1, len(first.batches) // 10) :]),
        searches=len(first.searches),
        candidates=median(one.candidates for one in first.searches),
        search_ms=medians([one.times for one in first.searches]),
        faiss_ms=round(median(first.plain_ms), 2) if ratios else None,
        ratio=round(median(ratios), 3) if ratios else None,
        unseal_s=round(second.unseal_s, 2),
        first_search_ms=medians([second.first]),
        after_enroll_ms=medians([second.after_enroll]),
        after_forget_ms=medians([second.after_forget]),
        memory_mb=_weights(first, second, resting),
        store_disk_mb=_mb(_size(settings.store_dir)),
        vault_disk_mb=_mb(_size(settings.vault_dir)),
    )


def _weights(first: _FirstLife, second: _SecondLife, resting: idle.IdleKeep) -> Weights:
    return Weights(
        idle_keep=_mb(resting.total),
        idle_supervisor=_mb(resting.supervisor),
        idle_vault=_mb(resting.vault),
        idle_server=_mb(resting.server),
        idle_workers=_mb(resting.workers),
        vault=_mb(first.vault),
        vault_reopened=_mb(second.vault),
        vault_peak=_mb(first.vault_peak),
        index=_mb(first.index),
        keep=_mb(resting.total - resting.vault + max(first.vault, second.vault) + first.index),
    )


def _require_room(dimension: int, templates: int) -> None:
    needed = templates * (_EXTRA_BYTES_A_FACE + 6 * dimension)
    free = shutil.disk_usage(gettempdir()).free
    if needed > free:
        text = f"{templates} faces need {_mb(needed):.0f} MB in {gettempdir()}, where {_mb(free):.0f} MB are free"
        raise Unavailable(Code.DISK_FULL, f"{text}; TMPDIR chooses another folder")


def _per_second(times: list[EnrollTimes], faces: int) -> float:
    return faces / sum(one.whole for one in times) * 1e3


def _milliseconds(search: Callable[[Templates], object], probe: Templates) -> float:
    started = time.perf_counter()
    search(probe)
    return (time.perf_counter() - started) * 1e3


def _size(folder: Path) -> int:
    """Bytes of disk under a folder."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _mb(size: float) -> float:
    return round(size / _MB, 1)
