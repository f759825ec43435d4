"""What an error of the disk, the database or the object store means to a caller, and when writing must stop."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError
from sqlalchemy.exc import SQLAlchemyError

from facekeep.errors import Code, FacekeepError, Tampered, Unavailable

_FULL = {errno.ENOSPC, errno.EDQUOT}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SQLSTATE_FULL = {"53100"}  # disk_full
_SQLSTATE_CORRUPT = {"XX001", "XX002"}  # data_corrupted, index_corrupted
_SQLSTATE_IO = {"58030"}  # io_error


class DiskFailed(Unavailable):
    """A write or fsync failed for another reason than lack of space: what is on the disk is unknown."""

    def __init__(self) -> None:
        super().__init__(Code.STORE_UNAVAILABLE, "the disk failed to write; check it, then restart")


def refuse_after_failure(failed: bool) -> None:
    """Raise `store_unavailable` once a write has failed on the disk."""
    if failed:
        raise Unavailable(Code.STORE_UNAVAILABLE, "a write to the disk failed earlier; check it, then restart")


def is_full(error: OSError) -> bool:
    """Whether `error` only says that there is no space left, or no quota."""
    return error.errno in _FULL


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of files, databases and object stores into ours. Messages carry no path, statement or value."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _from_database(error) from error
    except BaseError as error:
        raise Unavailable(Code.STORE_UNAVAILABLE, "the object store did not answer as it should") from error
    except OSError as error:
        raise _from_os(error) from error


def _from_os(error: OSError) -> FacekeepError:
    if is_full(error):
        return Unavailable(Code.DISK_FULL, "the disk of the store is full")
    if error.errno == errno.EIO:
        return DiskFailed()
    return Unavailable(Code.STORE_UNAVAILABLE, f"the store cannot be used: {error.strerror or 'no reason given'}")


def _from_database(error: SQLAlchemyError) -> FacekeepError:
    original = getattr(error, "orig", None)
    primary = getattr(original, "sqlite_errorcode", 0) & 0xFF  # SQLite's extended codes carry the primary one below
    state = getattr(original, "sqlstate", None)
    if primary == sqlite3.SQLITE_FULL or state in _SQLSTATE_FULL:
        return Unavailable(Code.DISK_FULL, "the disk of the database is full")
    if primary in _CORRUPT or state in _SQLSTATE_CORRUPT:
        return Tampered(Code.DATABASE_ALTERED, "the database of the store is damaged")
    if primary == sqlite3.SQLITE_IOERR or state in _SQLSTATE_IO:
        return DiskFailed()
    return Unavailable(Code.STORE_UNAVAILABLE, "the database of the store did not answer as it should")
