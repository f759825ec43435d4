"""One change at a time, and none after one whose effect is unknown."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from facekeep.errors import Code, Unavailable
from facekeep.vault.log_files import DiskFullError


class Fuse:
    """Lets changes through until one fails in a way that leaves the disk's content unknown, and never after.

    `lock` guards what is changed; readers take it too. `blown` says that no change will be let through again.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.blown = False

    @contextmanager
    def change(self) -> Iterator[None]:
        """A change under way. The fuse counts as blown until the change has come to its end, whatever cuts it short.

        Raises
        ------
        Unavailable
            `disk_full`: a `DiskFullError` came out of the change, which promises that it left nothing behind.
            `log_unwritable`: the fuse is blown, or any other `OSError` has blown it now.
        """
        with self.lock:
            if self.blown:
                raise Unavailable(Code.LOG_UNWRITABLE, "the log could not be written and is shut")
            self.blown = True
            try:
                yield
            except DiskFullError as error:
                self.blown = False
                raise Unavailable(Code.DISK_FULL, "no room for the log; nothing was recorded") from error
            except OSError as error:
                raise Unavailable(Code.LOG_UNWRITABLE, f"the log cannot be written: {error.strerror}") from error
            self.blown = False
