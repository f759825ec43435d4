"""Schema migrations, shipped inside the package: no `alembic.ini`, no command line, one transaction a migration run."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x6663_6B70  # any constant; two servers that start together migrate PostgreSQL one after the other


def newest() -> str:
    """The revision of the newest step, which its file is named after."""
    steps = (one.name for one in files("facekeep.store.migrations.versions").iterdir())
    return max(name.partition("_")[0] for name in steps if name[:1].isdigit())


def is_newest(connection: Connection) -> bool:
    """Whether the tables are those of this version already, so that Alembic (12 MB) need not be loaded."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest()]


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate up to `revision` inside the transaction of `connection`; all of it happens or none of it."""
    from alembic import command  # noqa: PLC0415  see `is_newest`

    _take_turns(connection)
    command.upgrade(config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Migrate down to `revision`, inside the transaction of `connection`.

    Raises
    ------
    RuntimeError
        The step would throw records away. Nothing was changed.
    """
    from alembic import command  # noqa: PLC0415  see `is_newest`

    _take_turns(connection)
    command.downgrade(config(connection), revision)


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def config(connection: Connection) -> Config:
    """Where Alembic finds the steps."""
    from alembic.config import Config  # noqa: PLC0415  see `is_newest`

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "facekeep.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
