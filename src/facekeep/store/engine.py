"""Database engines that keep the promise "committed means durable": SQLite in the data folder, or PostgreSQL by URL."""

import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, OperationalError

from facekeep.errors import BadInput, Code
from facekeep.store.failures import translated
from facekeep.store.local_blobs import make_private_folder, sync_folder

BEGIN = "facekeep_begin"  # execution option: how a transaction of SQLite begins; empty for none at all
_PRAGMAS = (
    "PRAGMA page_size = 8192",  # fastest of 4, 8, 16 and 32 KiB for batches of crops; counts only for a new file
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # every commit is synced; NORMAL lost acknowledged rows in power-cut tests
    "PRAGMA secure_delete = ON",  # deleted ciphertext is overwritten in the file
    "PRAGMA foreign_keys = OFF",
    "PRAGMA busy_timeout = 20000",
)


def open_engine(url: str, store_dir: Path) -> Engine:
    """The engine for `url`, or for `store_dir/records.sqlite3` where it is empty.

    Raises
    ------
    BadInput
        `invalid_setting`: not an SQLite file or PostgreSQL URL, one that holds a password (use PGPASSFILE), or the
        PostgreSQL driver is not installed.
    """
    if not url:
        return _open_sqlite(store_dir / "records.sqlite3")
    parsed = _parse(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database and Path(parsed.database).is_absolute():
        return _open_sqlite(Path(parsed.database))
    if backend == "postgresql":
        return _open_postgresql(parsed)
    raise BadInput(Code.INVALID_SETTING, "store.records_url must be sqlite:////absolute/file or postgresql://host/name")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadInput(Code.INVALID_SETTING, "store.records_url is not a database URL") from None
    if parsed.password is not None or "password" in parsed.query:
        raise BadInput(Code.INVALID_SETTING, "store.records_url must not hold a password; PGPASSFILE can point to one")
    return parsed


def _open_sqlite(path: Path) -> Engine:
    make_private_folder(path.parent)
    _touch(path)
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=8,
        max_overflow=24,
        connect_args={"isolation_level": None},  # transactions begin in `_begin`, table definitions included
    )
    _prepare_connections(engine, _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _touch(path: Path) -> None:
    """Make the file with mode 0600 before SQLite would make it with another; its log takes the same mode."""
    with translated():
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            sync_folder(path.parent)


def _prepare_connections(engine: Engine, prepare: Callable[[DBAPIConnection], None]) -> None:
    """Run `prepare` on every new connection. A driver's error in it is wrapped as SQLAlchemy wraps all others."""

    def prepare_new(connection: DBAPIConnection, _record: object) -> None:
        try:
            prepare(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise OperationalError("prepare a connection", None, error) from error

    event.listen(engine, "connect", prepare_new)


def _set_pragmas(connection: DBAPIConnection) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin as the caller chose: one that will write takes the lock at once, so that it can wait for it in peace."""
    statement = connection.get_execution_options().get(BEGIN, "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)


def _open_postgresql(url: URL) -> Engine:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=24,
            connect_args={"connect_timeout": 10},
        )
    except ModuleNotFoundError:
        raise BadInput(Code.INVALID_SETTING, "PostgreSQL needs the extra: pip install facekeep[postgres]") from None
    _prepare_connections(engine, _insist_on_durability)
    return engine


def _insist_on_durability(connection: DBAPIConnection) -> None:
    """Commits of this connection wait for the disk, whatever the server's default; a server without fsync is no use."""
    cursor = connection.cursor()
    if _shown(cursor, "SHOW fsync") != "on":
        raise BadInput(Code.INVALID_SETTING, "the PostgreSQL server runs with fsync off: nothing would be durable")
    if _shown(cursor, "SHOW synchronous_commit") == "off":
        cursor.execute("SET synchronous_commit = on")
    cursor.close()
    connection.commit()


def _shown(cursor: DBAPICursor, statement: str) -> object:
    cursor.execute(statement)
    row = cursor.fetchone()
    return row[0] if row else None


def fold_log(engine: Engine) -> None:
    """Fold SQLite's write-ahead log into the database and empty it, so that deleted ciphertext is gone from both.

    Where a reader stays in the way the log stays until the next time. PostgreSQL has nothing to do here.
    """
    if engine.dialect.name == "sqlite":
        with engine.execution_options(**{BEGIN: ""}).connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
