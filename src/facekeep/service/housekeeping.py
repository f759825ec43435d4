"""Sealing anew what a forget left behind, merging small blocks, deleting garbage, and tidying memory when idle.

The vault decides what is to be done; this room only carries ciphertext between the vault and the store. Every step may
be interrupted: what was not committed is discarded by the vault, and handed out again to the round that begins next.
"""

import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from facekeep.errors import Code, FacekeepError
from facekeep.service.cells import fetch, keep_batch
from facekeep.service.keep import Keep
from facekeep.service.memory import give_back
from facekeep.service.stack import clear_stack
from facekeep.vault.wire import Done, Garbage, GarbageGone, GetGarbage, NextReseal, Reseal, ResealJob, SealedBatch

_PATIENCE_SECONDS = 10.0  # how long a forget waits for another round of housekeeping before it leaves the rest to it
_VAULT_AWAY = frozenset({Code.VAULT_SEALED, Code.VAULT_UNREACHABLE, Code.NOT_INITIALIZED})
# The job's faces were forgotten meanwhile, or another server's round took the job over: somebody else did it.
_NO_LONGER_OURS = frozenset({Code.NOT_FOUND, Code.STALE})


def tidy(keep: Keep, *, after_forget_only: bool = False) -> bool:
    """Everything due, once: blocks sealed anew or merged, then garbage deleted from the store.

    Of blocks that are only to get a fresh secret it takes one, and returns whether it did: there may be more. A search
    that is under way starts again when a block of its gallery is replaced, so they are replaced with pauses.

    Raises
    ------
    FacekeepError
        The first failure, after everything else that could be done was done.
    """
    with keep.chores.turn:
        return _tidy(keep, after_forget_only=after_forget_only)


def after_forget(keep: Keep) -> None:
    """Seal the survivors of forgotten faces anew, now if possible. Never fails: what is left is done in the background.

    The forget itself is durable already; this step makes old copies of the block worthless.
    """
    if not keep.chores.turn.acquire(timeout=_PATIENCE_SECONDS):
        keep.chores.wake.set()
        return
    try:
        _tidy(keep, after_forget_only=True)
    except FacekeepError:
        keep.chores.wake.set()
    finally:
        keep.chores.turn.release()


def _tidy(keep: Keep, *, after_forget_only: bool) -> bool:
    failures: list[FacekeepError] = []
    has_rotated = False
    for job in _round(keep, after_forget_only=after_forget_only):
        try:
            _reseal(keep, job)
        except FacekeepError as error:
            if error.code in _VAULT_AWAY:
                raise
            if error.code not in _NO_LONGER_OURS:
                failures.append(error)  # handed out again in the next round; the other jobs must not wait for it
            continue
        has_rotated = job.is_rotation
        if has_rotated:
            break
    _delete_garbage(keep)
    if failures:
        raise failures[0]
    return has_rotated


def _round(keep: Keep, *, after_forget_only: bool) -> Iterator[ResealJob]:
    """Every job of one round. It begins with those that this server, or one killed before it, did not bring back."""
    ask = NextReseal(after_forget_only=after_forget_only, anew=True)
    while (job := keep.vault.call(ask, ResealJob)).job_id is not None:
        yield job
        ask = NextReseal(after_forget_only=after_forget_only)


def _reseal(keep: Keep, job: ResealJob) -> None:
    assert job.job_id is not None
    cells = fetch(keep, job.cell_ids)
    keep_batch(keep, None, keep.vault.call(Reseal(job_id=job.job_id, cells=cells), SealedBatch))


def _delete_garbage(keep: Keep) -> None:
    while True:
        garbage = keep.vault.call(GetGarbage(), Garbage)
        if not garbage.cell_ids and not garbage.block_ids:
            return
        keep.store.delete(garbage.cell_ids, garbage.block_ids)
        keep.search.drop(garbage.block_ids)
        keep.vault.call(GarbageGone(cell_ids=garbage.cell_ids, block_ids=garbage.block_ids), Done)


class Housekeeper:
    """A background thread that tidies at start, when woken, and every `interval_s`; a context manager.

    `report` is told of every failure. After `idle_s` seconds without a request freed memory is returned to the system,
    and `rest` is called to clear the stacks of threads that this one cannot clear.
    """

    def __init__(
        self,
        keep: Keep,
        *,
        report: Callable[[Exception], None],
        rest: Callable[[], None] = lambda: None,
        interval_s: float = 60.0,
        idle_s: float = 5.0,
    ) -> None:
        self._keep = keep
        self._report = report
        self._rest = rest
        self._interval_s = interval_s
        self._idle_s = idle_s
        self._stopping = threading.Event()
        self._last_request: float | None = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def touched(self) -> None:
        """Note that a request was just served."""
        self._last_request = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._keep.chores.wake.set()
        self._thread.join(timeout=_PATIENCE_SECONDS)

    def _run(self) -> None:
        due = 0.0
        while not self._stopping.is_set():
            self._tidy_memory()
            if self._keep.chores.wake.is_set() or time.monotonic() >= due:
                self._keep.chores.wake.clear()
                due = time.monotonic() + (0 if self._tidy_once() else self._interval_s)
            self._keep.chores.wake.wait(timeout=1.0)

    def _tidy_once(self) -> bool:
        """Whether there may be more, to be done after a pause."""
        try:
            return tidy(self._keep)
        except FacekeepError as error:
            if error.code not in _VAULT_AWAY:
                self._report(error)
        except Exception as error:  # the outermost loop of this thread
            self._report(error)
        return False

    def _tidy_memory(self) -> None:
        """Once in every idle time."""
        last = self._last_request
        if last is not None and time.monotonic() - last >= self._idle_s:
            self._last_request = None
            self._rest()
            give_back()
            clear_stack()
