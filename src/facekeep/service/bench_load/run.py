"""Fill a running keep, search it over HTTP in turns with bare scans, then from many clients at once."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import msgspec

from facekeep.service.bench_keep.gallery import Gallery
from facekeep.service.bench_keep.memory import held_together, processes_of, require_linux
from facekeep.service.bench_load.clients import Outcome, Searcher, together
from facekeep.service.bench_load.figures import LoadFigures
from facekeep.service.bench_load.filled import Filled, fill, granted, keep_beside, signed_in
from facekeep.service.bench_load.flushes import flushes_in
from facekeep.service.bench_load.line import Line
from facekeep.service.bench_load.organization import allow_many_searches, investigators
from facekeep.service.keep import Keep
from facekeep.service.stopping import allow_reading
from facekeep.service.whole_keep import first_key, running_whole_keep
from facekeep.settings import Settings
from facekeep.terms import CaseId, ModelContract, SessionToken

Report = Callable[[str], None]
_COMING = 1 / 3  # of the time under load, in which half of the clients sign in
_EARLY = 1 / 2
_WARM_UP = 10
_LIKENESSES = 100  # groups of ten faces that resemble each other
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Plan:
    """How many faces, searches one at a time, clients at once, and for how many seconds these search."""

    templates: int = 100_000
    turns: int = 100
    clients: int = 50
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class _OneAtATime:
    """(search, scan, flush) in ms, next to each other; how long lists were, and how long signing in took."""

    turns: list[tuple[float, float, float]]
    sign_ins_ms: list[float]
    candidates: float
    failed: int


@dataclass(frozen=True, slots=True)
class _AtOnce:
    """What became of every client, and what the keep weighed, in MB, early on and at the end."""

    people: int
    outcomes: list[Outcome]
    early_mb: float
    late_mb: float


def run(plan: Plan, *, json_path: Path | None = None, report: Report) -> LoadFigures:
    """Measure a keep; `report` gets a line for every step.

    Raises
    ------
    BadInput
        `invalid_request`: not on Linux.
    """
    require_linux()
    with running_whole_keep(report) as settings:
        figures = _measured(settings, plan, report)
    if json_path is not None:
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
    return figures


def _measured(settings: Settings, plan: Plan, report: Report) -> LoadFigures:
    admin_key, line = first_key(settings), Line(settings.http.port)
    contract = _contract(line, admin_key)
    gallery = Gallery(contract.dimension, plan.templates, max(1, min(_LIKENESSES, plan.templates // 100)))
    with keep_beside(settings, contract) as keep:
        report(f"enrolling {plan.templates} faces")
        with signed_in(keep, admin_key) as session:
            filled = fill(keep, session, gallery)
        report("inviting people, who join and open cases")
        allow_many_searches(line, admin_key)
        places = investigators(line, admin_key, (plan.clients + 1) // 2)
        for place in places:  # who searches for days in a minute sees more of the gallery than anybody may
            allow_reading(settings, member_id=place.person.member_id, collection_id=filled.collection_id, hours=1)
        line.close()
        at_work = [Searcher(settings.http.port, place, filled) for place in places]
        report("signing in, and searching one at a time")
        one_at_a_time = _one_at_a_time(keep, at_work, filled, gallery, plan.turns)
    coming = [Searcher(settings.http.port, place, filled) for place in places[: plan.clients // 2]]
    report(f"searching, {plan.clients} clients at once for {plan.seconds:.0f} s")
    at_once = _under_load(settings, at_work, coming, plan.seconds)
    return _figures(plan, contract, one_at_a_time, at_once)


def _figures(plan: Plan, contract: ModelContract, alone: _OneAtATime, at_once: _AtOnce) -> LoadFigures:
    times = sorted(one for outcome in at_once.outcomes for one in outcome.searches_ms)
    shares = quantiles(times, n=100)
    return LoadFigures(
        dimension=contract.dimension,
        templates=plan.templates,
        turns=plan.turns,
        search_ms=round(median(search for search, _, _ in alone.turns), 2),
        scan_ms=round(median(scan for _, scan, _ in alone.turns), 2),
        above_scan_ms=round(median(search - scan for search, scan, _ in alone.turns), 2),
        flush_ms=round(median(flush for _, _, flush in alone.turns), 2),
        candidates=round(alone.candidates, 1),
        sign_in_ms=round(median(alone.sign_ins_ms), 1),
        people=at_once.people,
        clients=plan.clients,
        seconds=plan.seconds,
        sign_in_under_load_ms=_median_or_none([one for outcome in at_once.outcomes for one in outcome.sign_ins_ms]),
        told_to_wait=sum(one.told_to_wait for one in at_once.outcomes),
        searches=len(times),
        per_second=round(len(times) / plan.seconds, 1),
        failed=alone.failed + sum(one.failed for one in at_once.outcomes),
        p50_ms=round(shares[49], 1),
        p95_ms=round(shares[94], 1),
        p99_ms=round(shares[98], 1),
        memory_early_mb=round(at_once.early_mb, 1),
        memory_late_mb=round(at_once.late_mb, 1),
    )


def _median_or_none(times_ms: Sequence[float]) -> float | None:
    return round(median(times_ms), 1) if times_ms else None


def _contract(line: Line, api_key: str) -> ModelContract:
    """The model that the keep runs, as it says itself."""
    model = line.ask("GET", "/v1/status", bearer=api_key)["model"]
    return ModelContract(*(model[name] for name in ModelContract.__dataclass_fields__))


def _one_at_a_time(keep: Keep, people: Sequence[Searcher], filled: Filled, gallery: Gallery, turns: int) -> _OneAtATime:
    """Everybody signs in, and the first one searches in turns with scans; the first turns warm up and are dropped."""
    for one in people:
        one.sign_in()
    searcher, timed = people[0], []
    blocks, probe = granted(keep, SessionToken(searcher.session), CaseId(searcher.place.case_id), filled, gallery)
    with flushes_in(keep.settings.data_dir.parent) as flush_ms:
        for number in range(-_WARM_UP, turns):
            search_ms = searcher.search(number)
            started = time.perf_counter()
            keep.search.scan(blocks, probe)
            scan_ms = (time.perf_counter() - started) * 1e3
            if number >= 0 and search_ms is not None:
                timed.append((search_ms, scan_ms, flush_ms()))
    return _OneAtATime(
        timed,
        sign_ins_ms=[ms for one in people for ms in one.outcome.sign_ins_ms],
        candidates=searcher.outcome.candidates / max(1, len(searcher.outcome.searches_ms)),
        failed=sum(one.outcome.failed for one in people),
    )


def _under_load(settings: Settings, at_work: Sequence[Searcher], coming: Sequence[Searcher], seconds: float) -> _AtOnce:
    early: list[float] = []
    time.sleep(max([0.0, *(one.place.person.app.wait_s() for one in coming)]))
    look = threading.Timer(seconds * _EARLY, lambda: early.append(_memory(settings)))
    look.start()
    outcomes = list(together(at_work, coming, seconds, seconds * _COMING))
    look.join()
    return _AtOnce(len(at_work), outcomes, early[0], _memory(settings))


def _memory(settings: Settings) -> float:
    return held_together(processes_of(settings.data_dir)) / _MB
