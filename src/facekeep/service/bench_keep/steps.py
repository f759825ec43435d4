"""The use-cases that are measured, each timed as a whole and by its parts."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TypeVar

import numpy as np

from facekeep.service.bench_keep.figures import EnrollTimes, SearchTimes
from facekeep.service.bench_keep.gallery import Gallery, Templates
from facekeep.service.bench_keep.timed import SCAN, STORE, Clock
from facekeep.service.collections import create_collection
from facekeep.service.enroll import PhotoToEnroll, enroll
from facekeep.service.forget import forget_face
from facekeep.service.keep import Keep
from facekeep.service.search import search_by_photo
from facekeep.service.sessions import end_session, open_session
from facekeep.terms import CollectionId, FaceId, SessionToken
from facekeep.vault.wire import Policy

T = TypeVar("T", SearchTimes, EnrollTimes)
_PARTS = ("ShowCollection", "GrantSearch", SCAN, "OpenSums", "OpenCells")


@dataclass(frozen=True, slots=True)
class Searched:
    """One search: its times, and how many candidates it showed."""

    times: SearchTimes
    candidates: int


class Measured:
    """A keep, the key to it, and the clock of its parts."""

    def __init__(self, keep: Keep, clock: Clock, api_key: str) -> None:
        self._keep, self._clock, self._api_key = keep, clock, api_key

    def new_collection(self) -> CollectionId:
        """An empty collection with the usual policy, that is searched without a case."""
        with self._session() as session:
            return create_collection(self._keep, session, "bench", Policy(case_required=False), None).collection_id

    def enroll(self, collection_id: CollectionId, batch: Templates, first_row: int = 0) -> tuple[EnrollTimes, FaceId]:
        """Enroll a batch, each face as a person of its own; returns the last face too."""
        photos = [
            PhotoToEnroll(template.tobytes(), person_name=f"person {row}", source="synthetic")
            for row, template in enumerate(batch, first_row)
        ]
        with self._session() as session:
            started = time.perf_counter()
            done = enroll(self._keep, session, collection_id, photos, now=datetime.now(UTC))
            whole = (time.perf_counter() - started) * 1e3
        spent = self._clock.take()
        times = EnrollTimes(whole, spent["ShowCollection"], spent["SealFaces"], spent[STORE], spent["CommitBatch"])
        return times, done.photos[-1].faces[0].face_id

    def search(self, collection_id: CollectionId, probe: Templates) -> Searched:
        """Search with one probe."""
        with self._session() as session:
            started = time.perf_counter()
            answer = search_by_photo(self._keep, session, [collection_id], probe.tobytes())
            whole = (time.perf_counter() - started) * 1e3
        spent = self._clock.take()
        times = SearchTimes(
            whole=whole,
            look=spent["ShowCollection"],
            grant=spent["GrantSearch"],
            scan=spent[SCAN],
            release=spent["OpenSums"],
            records=spent["OpenCells"],
            rest=whole - sum(spent[name] for name in _PARTS),
        )
        return Searched(times, len(answer.found.candidates))

    def forget(self, face_id: FaceId) -> None:
        """Forget one face."""
        with self._session() as session:
            forget_face(self._keep, session, face_id)

    @contextmanager
    def _session(self) -> Iterator[SessionToken]:
        session = open_session(self._keep, self._api_key)
        try:
            self._clock.take()
            yield session
        finally:
            end_session(self._keep, session)


def plain_search(gallery: Gallery, threads: int) -> Callable[[Templates], object] | None:
    """The ten best of the same gallery by FAISS `IndexFlatIP`; None where FAISS is not installed."""
    try:
        import faiss  # noqa: PLC0415 - no dependency of the product
    except ImportError:
        return None
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(gallery.dimension)
    for batch in gallery.batches():
        index.add(batch)
    return lambda probe: index.search(np.ascontiguousarray(probe[None]), 10)


def medians(times: Sequence[T]) -> T:
    """The median of every part by itself, in ms with two decimals."""
    kind = type(times[0])
    return kind(*(round(median(getattr(one, name) for one in times), 2) for name in kind.__struct_fields__))
