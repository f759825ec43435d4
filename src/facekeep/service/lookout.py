"""The thread that compares new faces with standing searches and carries what is due to webhooks.

The vault decides what is compared and what is delivered, and keeps what was found to itself; this room scans ciphertext
and carries signed bytes. Every step may be interrupted: what was not written down is due again.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np

from facekeep.errors import Code, FacekeepError
from facekeep.service.keep import Keep
from facekeep.service.memory import wipe
from facekeep.service.retry import TRIES
from facekeep.service.sending import Sender, sender_of
from facekeep.service.stack import clear_stack
from facekeep.terms import BlockRef
from facekeep.vault.wire import DeliveryDone, Done, NextStanding, OpenStandingSums, SignDelivery, SignedDelivery
from facekeep.vault.wire import StandingGrant as Grant

_AWAY = frozenset({Code.VAULT_SEALED, Code.VAULT_UNREACHABLE, Code.NOT_INITIALIZED, Code.QUARANTINED})
_OVER = frozenset({Code.CASE_CLOSED, Code.NOT_FOUND})  # it ended, or what it was about was forgotten, meanwhile
_MOVED = frozenset({Code.STALE, Code.CELL_MISSING})
_PATIENCE_S = 15.0


def compare_new(keep: Keep) -> None:
    """Compare everything that was enrolled since with every standing search that is active.

    Raises
    ------
    FacekeepError
        The first failure, after every other comparison of the round.
    """
    for _ in range(TRIES - 1):
        failures = _round(keep)
        if not any(error.code in _MOVED for error in failures):
            break
    else:
        failures = _round(keep)
    if failures:
        raise failures[0]


def deliver_next(keep: Keep, sender: Sender) -> bool:
    """Try the delivery that is due; whether there was one."""
    due = keep.vault.call(SignDelivery(), SignedDelivery)
    if due.delivery_id is None:
        return False
    outcome = sender.send(due.url, due.body, due.signature)
    keep.vault.call(DeliveryDone(delivery_id=due.delivery_id, outcome=outcome), Done)
    return True


def _round(keep: Keep) -> list[FacekeepError]:
    failures: list[FacekeepError] = []
    ask = NextStanding(anew=True)
    while (grant := keep.vault.call(ask, Grant)).grant_id is not None:
        try:
            _compare(keep, grant)
        except FacekeepError as error:
            if error.code in _AWAY:
                raise
            if error.code not in _OVER:
                failures.append(error)  # due again in the next round; the others must not wait for it
        ask = NextStanding()
    return failures


def _compare(keep: Keep, grant: Grant) -> None:
    assert grant.grant_id is not None
    probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension).astype(np.int32)
    try:
        sums = keep.search.scan([BlockRef(one.block_id, one.slots, one.digest) for one in grant.blocks], probes)
    finally:
        wipe(probes)
    try:
        as_sent = sums.astype("<i4", copy=False).tobytes()
        keep.vault.call(OpenStandingSums(grant_id=grant.grant_id, sums=as_sent), Done)
    finally:
        wipe(sums)


class Lookout:
    """A background thread that looks out at start, when asked to, and every `interval_s`; a context manager.

    `report` is told of every failure. Rounds are at least `pause_s` apart: a bulk enrollment is compared in few.
    """

    def __init__(
        self,
        keep: Keep,
        *,
        report: Callable[[Exception], None],
        sender: Sender | None = None,
        interval_s: float = 20.0,
        pause_s: float = 1.0,
    ) -> None:
        self._keep = keep
        self._report = report
        self._sender = sender or sender_of(keep.settings.webhooks)
        self._interval_s = interval_s
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._keep.chores.look_out.set()
        self._thread.join(timeout=_PATIENCE_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._keep.chores.look_out.clear()
            self._reported(lambda: compare_new(self._keep))
            self._reported(self._deliver)
            clear_stack()
            self._stopping.wait(self._pause_s)
            if not self._stopping.is_set():
                self._keep.chores.look_out.wait(self._interval_s)

    def _deliver(self) -> None:
        """What is due, as long as nobody asks for a comparison: receivers may be slow."""
        began = time.monotonic()
        while not self._stopping.is_set() and deliver_next(self._keep, self._sender):
            if self._keep.chores.look_out.is_set() or time.monotonic() - began > self._interval_s:
                self._keep.chores.look_out.set()
                return

    def _reported(self, act: Callable[[], None]) -> None:
        try:
            act()
        except FacekeepError as error:
            if error.code not in _AWAY:
                self._report(error)
        except Exception as error:  # the outermost loop of this thread
            self._report(error)
