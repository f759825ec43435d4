"""Whether the records database has the tables that this version makes; reads, and makes nothing."""

import sqlite3
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, make_url, text

from facekeep.store import migrate
from facekeep.store.engine import open_engine
from facekeep.store.failures import translated

_VERSION = "SELECT version_num FROM alembic_version"


def drift(url: str, store_dir: Path) -> str:
    """What is different, in words; empty where nothing is, and where there is no database yet.

    Raises
    ------
    FacekeepError
        The database cannot be read.
    """
    place = Path(make_url(url).database or "") if url.startswith("sqlite") else store_dir / "records.sqlite3"
    if url.startswith("postgres"):
        with translated(), open_engine(url, store_dir).connect() as connection:
            return _difference(connection)
    if not place.exists():
        return ""
    # Read-only and without the engine's pragmas: whoever looks may be another user than the server.
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True))
    with translated(), engine.connect() as connection:
        return _difference(connection)


def _difference(connection: Connection) -> str:
    known = inspect(connection).get_table_names()
    found = connection.execute(text(_VERSION)).scalar() if "alembic_version" in known else None
    expected = ScriptDirectory.from_config(migrate.config(connection)).get_current_head()
    if found != expected:
        return f"its layout is {found or 'none'}, and this version's is {expected}"
    with create_engine("sqlite://").connect() as fresh:
        migrate.upgrade(fresh)
        ours, theirs = _shape(fresh), _shape(connection)
    changed = sorted(set(ours.items()) ^ set(theirs.items()))
    return "" if not changed else f"{', '.join(sorted({name for name, _ in changed}))} is not as this version makes it"


def _shape(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Columns of every table, and every trigger that SQLite knows."""
    found = inspect(connection)
    shape = {name: tuple(one["name"] for one in found.get_columns(name)) for name in found.get_table_names()}
    if connection.dialect.name == "sqlite":
        added = connection.execute(text("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')")).scalars()
        shape |= dict.fromkeys(added, ())
    return shape
