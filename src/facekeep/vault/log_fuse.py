"""One change at a time, none after one whose effect is unknown, and nobody waits for a disk that does not answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from queue import SimpleQueue
from threading import Event, Lock, RLock, Thread
from time import monotonic
from typing import TypeVar

from facekeep.errors import Code, Unavailable
from facekeep.vault.log_files import DiskFullError

PATIENCE_S = 4.0  # whoever asked has an answer within five seconds
T = TypeVar("T")


class DiskHangs(Unavailable):
    """`log_unwritable`: a write or sync of the log has not ended yet. It may end well, and then the log goes on."""

    def __init__(self) -> None:
        super().__init__(Code.LOG_UNWRITABLE, "the disk of the log does not answer")


class State(Enum):
    """Where a fuse is. It lets changes through in the first state alone, and no state follows the last."""

    WHOLE = "whole"
    CHANGING = "changing"
    HANGS = "hangs"  # a change was given up by whoever asked, and goes on
    ANSWERED = "answered"  # it has ended without an error, and `resume` has not been called yet
    BLOWN = "blown"


class Fuse:
    """Lets changes through until one fails in a way that leaves the disk's content unknown, and never after.

    Changes are carried out by a thread of the fuse's own, so that a write or a sync that hangs, which no call can take
    back, keeps that thread and nobody else. Nothing is changed while it hangs. Where it ends without an error after
    all, what it changed is as it should be, on the disk and in memory, and `resume` lets changes through again: no
    sync is tried twice. `lock` guards what is changed; readers take it by `look`.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self._state = State.WHOLE
        self._hung_since = 0.0
        self._settled = Event()
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._hand: Thread | None = None

    @property
    def blown(self) -> bool:
        """Whether no change is let through: for ever, or while one hangs."""
        return self._state not in (State.WHOLE, State.CHANGING)

    @property
    def waits(self) -> bool:
        """Whether a change hangs, or hung and `resume` is to be called."""
        return self._state in (State.HANGS, State.ANSWERED)

    def change(self, act: Callable[[], T], *, patience_s: float = PATIENCE_S) -> T:
        """What `act` returns, once it has come to its end; whatever else cuts it short blows the fuse.

        `act` runs on another thread while this one holds `lock`, so it must not take `lock` itself.

        Raises
        ------
        Unavailable
            `disk_full`: a `DiskFullError` came out of the change, which promises that it left nothing behind.
            `log_unwritable`: the fuse is blown; or any other `OSError` has blown it now; or, as `DiskHangs`, the change
            did not end in `patience_s`, and goes on.
        """
        with self.lock:
            self._refuse_unless_whole()
            self._state = State.CHANGING
            try:
                found = self._carry_out(act, patience_s)
            except DiskFullError as error:
                self._state = State.WHOLE
                raise Unavailable(Code.DISK_FULL, "no room for the log; nothing was recorded") from error
            except BaseException as error:
                if self._state is State.CHANGING:
                    self._state = State.BLOWN
                if isinstance(error, OSError):
                    raise Unavailable(Code.LOG_UNWRITABLE, f"the log cannot be written: {error.strerror}") from error
                raise
            self._state = State.WHOLE
            return found

    @contextmanager
    def look(self) -> Iterator[None]:
        """Hold what is changed still. Raises `DiskHangs` where a change still hangs in the middle."""
        with self.lock:
            if self.waits:
                raise DiskHangs
            yield

    def settled(self) -> bool:
        """Wait until the change that hangs has ended, however long, or the fuse is blown. True where it ended well."""
        self._settled.wait()
        return self._state is State.ANSWERED

    def resume(self) -> float:
        """Let changes through again after one that hung and ended well; the seconds that it took.

        Raises
        ------
        Unavailable
            `log_unwritable`: the fuse was blown meanwhile.
        """
        with self.lock:
            if self._state is not State.ANSWERED:
                raise Unavailable(Code.LOG_UNWRITABLE, "the log could not be written and is shut")
            self._state = State.WHOLE
            return monotonic() - self._hung_since

    def blow(self, last: Callable[[], None]) -> None:
        """Let no change through any more, and do `last`: after a change that hangs, if it ever ends, and else now.

        So a file is not closed, and its number not given to another file, under a thread that may yet write to it.
        """
        with self.lock:
            hangs, self._state = self._state is State.HANGS, State.BLOWN
            self._settled.set()
            if hangs:
                self._tasks.put(_Task(last))
            elif self._hand is None:
                last()
            else:
                with suppress(Unavailable):  # a file that does not close keeps the hand that closes it
                    self._carry_out(last, PATIENCE_S)
            self._tasks.put(None)
            self._hand = None

    def _refuse_unless_whole(self) -> None:
        if self.waits:
            raise DiskHangs
        if self._state is not State.WHOLE:
            raise Unavailable(Code.LOG_UNWRITABLE, "the log could not be written and is shut")

    def _carry_out(self, act: Callable[[], T], patience_s: float) -> T:
        if self._hand is None:
            self._hand = Thread(target=_work, args=(self._tasks,), name="log", daemon=True)
            self._hand.start()
        found: list[T] = []
        task, began = _Task(lambda: found.append(act())), monotonic()
        self._tasks.put(task)
        if not task.ended.wait(patience_s) and task.is_given_up(self._ended_late):
            self._hangs_since(began)
            raise DiskHangs
        if task.error is not None:
            raise task.error
        return found[0]

    def _hangs_since(self, began: float) -> None:
        """Closing may hang too, and a fuse that is blown stays so."""
        if self._state is State.CHANGING:
            self._state, self._hung_since = State.HANGS, began
            self._settled.clear()

    def _ended_late(self, error: BaseException | None) -> None:
        """On the hand's thread, after whoever asked was told `DiskHangs`. A full disk left nothing behind."""
        with self.lock:
            if self._state is State.HANGS:
                went_well = error is None or isinstance(error, DiskFullError)
                self._state = State.ANSWERED if went_well else State.BLOWN
                self._settled.set()


class _Task:
    """Something to be done, and once `ended` is set, what it raised."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._lock = Lock()
        self._tell_late: Callable[[BaseException | None], None] | None = None
        self.error: BaseException | None = None
        self.ended = Event()

    def run(self) -> None:
        """Do it. What is raised is for whoever waits, or for whoever is to be told when nobody waits any more."""
        try:
            self._act()
        except BaseException as error:
            self.error = error
        with self._lock:
            self.ended.set()
        if self._tell_late is not None:
            self._tell_late(self.error)

    def is_given_up(self, tell_late: Callable[[BaseException | None], None]) -> bool:
        """Wait no longer; `tell_late` is called at the end with what was raised. False where it has ended by now."""
        with self._lock:
            if not self.ended.is_set():
                self._tell_late = tell_late
            return self._tell_late is not None


def _work(tasks: SimpleQueue[_Task | None]) -> None:
    while (task := tasks.get()) is not None:
        task.run()
        del task  # it holds leaves, and the next one may be long in coming
