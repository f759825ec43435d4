"""What the server does once nobody has asked anything for a while: no trace of a request stays on a thread's stack."""

import asyncio
import threading
from functools import partial

import anyio
import anyio.to_thread

from facekeep.service.stack import clear_stack

_PATIENCE_S = 2.0


async def clear_stacks(worker_threads: int) -> None:
    """Clear the stack of the event loop's thread and of its worker threads, of which there are at most so many."""
    together = threading.Barrier(worker_threads)
    limiter = anyio.CapacityLimiter(worker_threads)
    async with anyio.create_task_group() as group:
        for _ in range(worker_threads):
            group.start_soon(partial(anyio.to_thread.run_sync, _clear_one, together, limiter=limiter))
    asyncio.get_running_loop().call_soon(clear_stack)


def _clear_one(together: threading.Barrier) -> None:
    """Waits for the others, so that each of them has a thread of its own; where some are busy, those here suffice."""
    try:
        together.wait(_PATIENCE_S)
    except threading.BrokenBarrierError:
        return
    finally:
        clear_stack()
