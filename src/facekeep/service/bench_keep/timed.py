"""A keep whose faces are synthetic, and which notes how long its parts take; the use-cases notice nothing."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from facekeep.search.local import LocalSearch
from facekeep.service.bench_keep.gallery import SyntheticFaces
from facekeep.service.keep import Keep
from facekeep.settings import Settings
from facekeep.store import Store
from facekeep.terms import BlockId, BlockRef, SealedCell
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import Message

A = TypeVar("A", bound=Message)
STORE, SCAN = "store", "scan"


class Clock:
    """Milliseconds by the name of what was called: a message's own name, or `STORE` or `SCAN`."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = defaultdict(float)

    @contextmanager
    def counting(self, name: str) -> Iterator[None]:
        """Count the block's time under `name`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._spent[name] += (time.perf_counter() - started) * 1e3

    def take(self) -> Mapping[str, float]:
        """What was counted since the last time; 0 for names that were not called."""
        spent, self._spent = self._spent, defaultdict(float)
        return spent


class _Vault(VaultClient):
    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings.vault_socket)
        self._clock = clock

    def call(self, request: Message, expected: type[A]) -> A:
        with self._clock.counting(type(request).__name__):
            return super().call(request, expected)


class _Store(Store):
    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings.store, settings.store_dir, settings.cache_dir)
        self._clock = clock

    def put(self, cells: Sequence[SealedCell], blocks: Mapping[BlockId, bytes]) -> None:
        with self._clock.counting(STORE):
            super().put(cells, blocks)


class _Search(LocalSearch):
    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        super().__init__(store.block_path, settings.search.threads)
        self._clock = clock

    def scan(self, blocks: Sequence[BlockRef], probes: NDArray[np.int32]) -> NDArray[np.int32]:
        with self._clock.counting(SCAN):
            return super().scan(blocks, probes)


@contextmanager
def timed_keep(settings: Settings, dimension: int) -> Iterator[tuple[Keep, Clock]]:
    """A keep over the running vault, as a server has it, and the clock of its parts."""
    clock = Clock()
    with ExitStack() as stack:
        vault = _Vault(settings, clock)
        stack.callback(vault.close)
        store = _Store(settings, clock)
        stack.callback(store.close)
        store.migrate()
        yield Keep(settings, vault, store, _Search(store, settings, clock), SyntheticFaces(dimension)), clock
