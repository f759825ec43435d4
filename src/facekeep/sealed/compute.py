"""How kernels are compiled and how work is spread over threads. Nothing is kept between calls but idle threads.

Kernels carry explicit signatures and are cached on disk, so that a process that starts anew does not compile again.
They release the interpreter lock; threads are ours rather than the compiler's, because the compiler's default pool
aborts the process when two requests scan at once.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])

CORES: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
"""Cores this process may run on."""

_POOL = ThreadPoolExecutor(CORES, "facekeep-scan")  # to start threads anew takes as long as fifty blocks
_RANGES_A_THREAD = 4  # so that a thread that lost its core does not hold up the others for long


def compiled(signature: str, *, relaxed: frozenset[str] = frozenset()) -> Callable[[Kernel], Kernel]:
    """A decorator that compiles a kernel for `signature` and keeps its meaning.

    `relaxed` names the LLVM fast-math flags that are proved harmless where they are used; by default there are none.

    Raises
    ------
    TypeError
        The kernel is made inside a function. Two such kernels share their name, and a process that reads one from the
        cache and compiles the other may take one for the other: see docs/adr/0019-a-kernel-has-a-name-of-its-own.md.
    """
    compile_kernel = numba.njit(signature, cache=True, nogil=True, fastmath=set(relaxed) or False)

    def decorate(kernel: Kernel) -> Kernel:
        if "<locals>" in kernel.__qualname__:
            raise TypeError(f"{kernel.__qualname__} is made inside a function, and may share its name with others")
        return cast(Kernel, compile_kernel(kernel))

    return decorate


def inlined(kernel: Kernel) -> Kernel:
    """A part of kernels that is copied into each of them, so that what they pass it is constant there."""
    return cast(Kernel, numba.njit(inline="always")(kernel))


@dataclass(frozen=True, slots=True)
class Share:
    """Work over `range(count)`: `task(start, stop)`, called for consecutive ranges of `at_least` items or more.

    Little work then stays on one thread, where more of them would cost more than they save.
    """

    task: Callable[[int, int], None]
    count: int
    at_least: int

    def ranges(self, threads: int) -> list[tuple[int, int]]:
        """Ranges that cover it, several a thread."""
        step = max(self.at_least, -(-self.count // (threads * _RANGES_A_THREAD)))
        return [(start, min(start + step, self.count)) for start in range(0, self.count, step)]


def spread(task: Callable[[int, int], None], count: int, *, threads: int, at_least: int) -> None:
    """Do one share of work on `threads` threads; see `spread_all`."""
    spread_all([Share(task, count, at_least)], threads=threads)


def spread_all(shares: Sequence[Share], *, threads: int) -> None:
    """Do all shares of work, which do not depend on each other, on `threads` threads.

    The caller's thread is one of them, and does everything where the others are busy with other calls. The first
    exception of a task is raised.
    """
    ranges = [(share.task, *one) for share in shares for one in share.ranges(threads)]
    todo = iter(ranges)  # taking the next item of a list iterator is atomic, so every range is taken once

    def work() -> None:
        for task, start, stop in todo:
            task(start, stop)

    futures = [_POOL.submit(work) for _ in range(min(threads, len(ranges)) - 1)]
    try:
        work()
    finally:
        began = [future for future in futures if not future.cancel()]  # the others would find nothing left to do
        wait(began)
    for future in began:
        future.result()
