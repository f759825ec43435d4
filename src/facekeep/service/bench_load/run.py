"""Fill a running keep, search it over HTTP in turns with bare scans, then from many clients at once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles

import msgspec

from facekeep.service.bench_keep.gallery import Gallery
from facekeep.service.bench_keep.memory import held_together, processes_of, require_linux
from facekeep.service.bench_load.clients import Outcome, Searcher, together
from facekeep.service.bench_load.figures import LoadFigures
from facekeep.service.bench_load.filled import Filled, fill, granted, keep_beside, signed_in
from facekeep.service.whole_keep import first_key, running_whole_keep
from facekeep.settings import Settings
from facekeep.terms import ModelContract

Report = Callable[[str], None]
_EARLY = 1 / 6  # of the time under load
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Plan:
    """How many faces, searches one at a time, clients at once, and for how many seconds these search."""

    templates: int = 100_000
    turns: int = 100
    clients: int = 50
    seconds: float = 60.0


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
    api_key = first_key(settings)
    contract = _contract(settings, api_key)
    gallery = Gallery(contract.dimension, plan.templates, plan.turns)
    report(f"enrolling {plan.templates} faces")
    with keep_beside(settings, contract) as keep, signed_in(keep, api_key) as session:
        filled = fill(keep, session, gallery)
        blocks, probe = granted(keep, session, filled, gallery)
        report("searching, one at a time")
        pairs = _in_turns(settings, api_key, filled, plan.turns, lambda: keep.search.scan(blocks, probe))
    report(f"searching, {plan.clients} clients at once for {plan.seconds:.0f} s")
    searchers = [Searcher(settings.http.port, api_key, filled) for _ in range(plan.clients)]
    return _figures(plan, contract, pairs, *_under_load(settings, searchers, plan.seconds))


def _figures(
    plan: Plan,
    contract: ModelContract,
    pairs: list[tuple[float, float]],
    outcomes: list[Outcome],
    weights: tuple[float, float],
) -> LoadFigures:
    times = sorted(one for outcome in outcomes for one in outcome.milliseconds)
    shares = quantiles(times, n=100)
    return LoadFigures(
        dimension=contract.dimension,
        templates=plan.templates,
        turns=plan.turns,
        search_ms=round(median(search for search, _ in pairs), 2),
        scan_ms=round(median(scan for _, scan in pairs), 2),
        above_scan_ms=round(median(search - scan for search, scan in pairs), 2),
        clients=plan.clients,
        seconds=plan.seconds,
        searches=len(times),
        per_second=round(len(times) / plan.seconds, 1),
        failed=sum(one.failed for one in outcomes),
        p50_ms=round(shares[49], 1),
        p95_ms=round(shares[94], 1),
        p99_ms=round(shares[98], 1),
        memory_early_mb=round(weights[0], 1),
        memory_late_mb=round(weights[1], 1),
    )


def _contract(settings: Settings, api_key: str) -> ModelContract:
    """The model that the keep runs, as it says itself."""
    connection = HTTPConnection("127.0.0.1", settings.http.port, timeout=60)
    connection.request("GET", "/v1/status", headers={"Authorization": f"Bearer {api_key}"})
    model = msgspec.json.decode(connection.getresponse().read())["model"]
    connection.close()
    return ModelContract(*(model[name] for name in ModelContract.__dataclass_fields__))


def _in_turns(
    settings: Settings, api_key: str, filled: Filled, turns: int, scan: Callable[[], object]
) -> list[tuple[float, float]]:
    """(search, scan) in ms, next to each other; the first turns warm up and are dropped."""
    searcher, pairs = Searcher(settings.http.port, api_key, filled), []
    for number in range(-10, turns):
        search_ms = searcher.search(number)
        started = time.perf_counter()
        scan()
        scan_ms = (time.perf_counter() - started) * 1e3
        if number >= 0 and search_ms is not None:
            pairs.append((search_ms, scan_ms))
    searcher.close()
    return pairs


def _under_load(
    settings: Settings, searchers: list[Searcher], seconds: float
) -> tuple[list[Outcome], tuple[float, float]]:
    """The outcome of each client, and what the keep weighed early on and at the end."""
    early: list[float] = []
    look = threading.Timer(seconds * _EARLY, lambda: early.append(_memory(settings)))
    look.start()
    outcomes = list(together(searchers, seconds))
    look.join()
    return outcomes, (early[0], _memory(settings))


def _memory(settings: Settings) -> float:
    return held_together(processes_of(settings.data_dir)) / _MB
