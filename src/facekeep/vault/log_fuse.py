"""One change at a time, none after one whose effect is unknown, and nobody waits for a disk that does not answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Event, RLock, Thread
from typing import TypeVar

from facekeep.errors import Code, Unavailable
from facekeep.vault.log_files import DiskFullError

PATIENCE_S = 4.0  # whoever asked has an answer within five seconds
T = TypeVar("T")


class Fuse:
    """Lets changes through until one fails in a way that leaves the disk's content unknown, and never after.

    Changes are carried out by a thread of the fuse's own, so that a write or a sync that hangs, which no call can take
    back, keeps that thread and nobody else. `lock` guards what is changed; readers take it by `look`. `blown` says that
    no change will be let through again.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.blown = False
        self._hangs = False
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._hand: Thread | None = None

    def change(self, act: Callable[[], T], *, patience_s: float = PATIENCE_S) -> T:
        """What `act` returns, once it has come to its end. The fuse counts as blown until then, whatever cuts it short.

        `act` runs on another thread while this one holds `lock`, so it must not take `lock` itself.

        Raises
        ------
        Unavailable
            `disk_full`: a `DiskFullError` came out of the change, which promises that it left nothing behind.
            `log_unwritable`: the fuse is blown; or any other `OSError` has blown it now; or the change did not end in
            `patience_s`, and goes on or not, seen by nobody.
        """
        with self.lock:
            if self.blown:
                raise Unavailable(Code.LOG_UNWRITABLE, "the log could not be written and is shut")
            self.blown = True
            try:
                found = self._carry_out(act, patience_s)
            except DiskFullError as error:
                self.blown = False
                raise Unavailable(Code.DISK_FULL, "no room for the log; nothing was recorded") from error
            except OSError as error:
                raise Unavailable(Code.LOG_UNWRITABLE, f"the log cannot be written: {error.strerror}") from error
            self.blown = False
            return found

    @contextmanager
    def look(self) -> Iterator[None]:
        """Hold what is changed still. Raises Unavailable `log_unwritable` where a change still hangs in the middle."""
        with self.lock:
            if self._hangs:
                raise Unavailable(Code.LOG_UNWRITABLE, "the log could not be written and is shut")
            yield

    def blow(self, last: Callable[[], None]) -> None:
        """Let no change through any more, and do `last`: after a change that hangs, if it ever ends, and else now.

        So a file is not closed, and its number not given to another file, under a thread that may yet write to it.
        """
        with self.lock:
            self.blown = True
            if self._hangs:
                self._tasks.put(_Task(last))
            elif self._hand is None:
                last()
            else:
                with suppress(Unavailable):  # a file that does not close keeps the hand that closes it
                    self._carry_out(last, PATIENCE_S)
            self._tasks.put(None)
            self._hand = None

    def _carry_out(self, act: Callable[[], T], patience_s: float) -> T:
        if self._hand is None:
            self._hand = Thread(target=_work, args=(self._tasks,), name="log", daemon=True)
            self._hand.start()
        found: list[T] = []
        task = _Task(lambda: found.append(act()))
        self._tasks.put(task)
        if not task.ended.wait(patience_s):
            self._hangs = True
            raise Unavailable(Code.LOG_UNWRITABLE, "the disk of the log does not answer")
        if task.error is not None:
            raise task.error
        return found[0]


class _Task:
    """Something to be done, and once `ended` is set, what it raised."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self.error: BaseException | None = None
        self.ended = Event()

    def run(self) -> None:
        """Do it. What is raised is for whoever waits."""
        try:
            self._act()
        except BaseException as error:
            self.error = error
        self.ended.set()


def _work(tasks: SimpleQueue[_Task | None]) -> None:
    while (task := tasks.get()) is not None:
        task.run()
        del task  # it holds leaves, and the next one may be long in coming
