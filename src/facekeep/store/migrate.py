"""Schema migrations, shipped inside the package: no `alembic.ini`, no command line, one transaction a migration run."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_LOCK = 0x6663_6B70  # any constant; two servers that start together migrate PostgreSQL one after the other


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate up to `revision` inside the transaction of `connection`; all of it happens or none of it."""
    _take_turns(connection)
    command.upgrade(config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Migrate down to `revision`, inside the transaction of `connection`.

    Raises
    ------
    RuntimeError
        The step would throw records away. Nothing was changed.
    """
    _take_turns(connection)
    command.downgrade(config(connection), revision)


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def config(connection: Connection) -> Config:
    """Where Alembic finds the steps."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "facekeep.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
