"""The whole evaluation: every photo through the product once, every experiment sealed and plain, one report."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from facekeep.errors import BadInput, Code
from facekeep.service.collections import wire_contract
from facekeep.service.evaluate import plot
from facekeep.service.evaluate.embedding import Embedded, embed
from facekeep.service.evaluate.matching import Matcher, PlainMatcher
from facekeep.service.evaluate.photos import PhotoSet, read_set
from facekeep.service.evaluate.private_keep import private_keep
from facekeep.service.evaluate.protocol import VERSION
from facekeep.service.evaluate.report import Report
from facekeep.service.evaluate.score_table import build_table, count_impostors
from facekeep.service.evaluate.sealed_matcher import SealedMatcher
from facekeep.service.evaluate.side import Outcomes, ask, curves, detection, rates
from facekeep.settings import FacesSettings
from facekeep.vault.wire import Contract

Progress = Callable[[str, int, int], None]  # what is under way, how much of it is done, of how much


def run_evaluation(
    photos: Path,
    *,
    seed: int,
    trials: int = 10,
    json_path: Path | None = None,
    plot_path: Path | None = None,
    table_path: Path | None = None,
    source: str = "",
    workers: int = 0,
    model_dir: str = "",
    progress: Progress = lambda _what, _done, _of: None,
) -> Report:
    """Measure the product on the labelled photos of `photos`, a folder with one folder a person.

    Everything happens in a private keep that is removed at the end; templates are only ever in memory. Writes the
    report to `json_path`, a DET plot to `plot_path`, and the model's score-meaning table, described by `source`, to
    `table_path`. `workers` faces workers run at once (0 means one a core), each with one thread.

    Raises
    ------
    BadInput
        `invalid_request`: no such set of photos, no faces in it, too few trials, or a plot that cannot be drawn.
    """
    if trials < 1:
        raise BadInput(Code.INVALID_REQUEST, "an evaluation needs at least one trial")
    if plot_path is not None:
        plot.check_plot_path(plot_path)
    found, timing = read_set(photos), _Timing()
    count = workers or os.cpu_count() or 1
    faces = FacesSettings(workers=count, model_dir=model_dir)
    with timing.measured("whole run"), private_keep(faces) as private:
        contract = wire_contract(private.keep.faces.contract)
        with timing.measured("photos to templates"):
            embedded = embed(private.keep.faces, found, workers=count, step=partial(progress, "photos"))
        _require_faces(embedded)
        answer = partial(_answered, embedded, seed=seed, trials=trials, progress=progress, timing=timing)
        try:
            if table_path is not None:  # first: that there are too few people for one is not to be learned last
                table_path.write_bytes(_table(embedded, found, contract, source))
            plain, sealed = answer("plain", PlainMatcher()), answer("sealed", SealedMatcher(private))
        finally:
            embedded.sample.templates.fill(0)
            embedded.sample.probes.fill(0)
    report = _report(
        found, embedded, sealed=sealed, plain=plain, contract=contract, seed=seed, trials=trials, timing=timing
    )
    if plot_path is not None:
        title = f"{len(found.paths)} photos of {found.people} people, gallery {report.sealed.gallery}"
        plot.draw(plot_path, sealed=curves(sealed), plain=curves(plain), title=title)
    if json_path is not None:
        json_path.write_bytes(report.to_json())
    return report


class _Timing:
    """Wall time by step, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measured(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[step] = round(time.perf_counter() - start, 2)


def _answered(
    embedded: Embedded, name: str, matcher: Matcher, *, seed: int, trials: int, progress: Progress, timing: _Timing
) -> Outcomes:
    with timing.measured(f"{name} experiments"):
        return ask(matcher, embedded.sample, seed=seed, trials=trials, step=partial(progress, name))


def _require_faces(embedded: Embedded) -> None:
    if not embedded.sample.usable.any():
        raise BadInput(Code.INVALID_REQUEST, "no photo of this set shows a face")


def _table(embedded: Embedded, photos: PhotoSet, contract: Contract, source: str) -> bytes:
    return build_table(
        count_impostors(embedded.sample),
        contract=contract,
        source=source or "photographs of this installation",
        date=datetime.now(UTC).date().isoformat(),
        photos=int(embedded.sample.usable.sum()),
        people=photos.people,
    )


def _report(
    photos: PhotoSet,
    embedded: Embedded,
    *,
    sealed: Outcomes,
    plain: Outcomes,
    contract: Contract,
    seed: int,
    trials: int,
    timing: _Timing,
) -> Report:
    detected, interval = detection(int(embedded.sample.usable.sum()), len(photos.paths))
    return Report(
        protocol=VERSION,
        seed=seed,
        trials=trials,
        photos=len(photos.paths),
        people=photos.people,
        detection_rate=detected,
        detection_interval=interval,
        refused=embedded.refused,
        sealed=rates(sealed, seed=seed),
        plain=rates(plain, seed=seed),
        model=contract,
        durations_s=timing.seconds,
    )
