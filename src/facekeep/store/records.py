"""The one table of the store: an id, a kind, and ciphertext."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock

from sqlalchemy import Column, Connection, Engine, LargeBinary, MetaData, Table, Text, bindparam, delete, select, text

from facekeep.errors import Code, Tampered
from facekeep.store.engine import BEGIN, fold_log
from facekeep.store.failures import translated
from facekeep.store.migrate import is_newest, upgrade
from facekeep.terms import CellId, CellKind, SealedCell

METADATA = MetaData()
RECORDS = Table(
    "records",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("cell", LargeBinary, nullable=False),
)

# The same words in SQLite and PostgreSQL, which SQLAlchemy spells only per dialect.
_UPSERT = text(
    "INSERT INTO records (id, kind, cell) VALUES (:id, :kind, :cell) "
    "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, cell = excluded.cell"
)
_BY_ID = select(RECORDS).where(RECORDS.c.id.in_(bindparam("ids", expanding=True)))
_IDS_A_STATEMENT = 1000


class Records:
    """Rows by id, for any number of threads; every write is one committed transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # SQLite has one writer at a time. Waiting here is fair and wakes at once; its own busy handler polls.
        self._turn: AbstractContextManager[object] = Lock() if engine.dialect.name == "sqlite" else nullcontext()

    def migrate(self) -> None:
        """Bring the tables to the newest layout."""
        with self._writing() as connection:
            if not is_newest(connection):
                upgrade(connection)

    def put(self, cells: Sequence[SealedCell]) -> None:
        """Insert or replace `cells` in one transaction.

        They go in by id, so that the order of the table does not say which rows were one face's, and so that two
        writers of PostgreSQL lock rows in the same order.
        """
        by_id = sorted(cells, key=lambda cell: cell.cell_id)
        if by_id:
            with self._writing() as connection:
                connection.execute(_UPSERT, [_row(cell) for cell in by_id])

    def get(self, ids: Sequence[CellId]) -> dict[CellId, SealedCell]:
        """Those of `ids` that have a row."""
        with translated(), self._engine.connect() as connection:
            return {cell.cell_id: cell for some in _chunks(ids) for cell in _read(connection, some)}

    def delete(self, ids: Sequence[CellId]) -> None:
        """Delete the rows of `ids`; absent ones are no error."""
        if ids:
            with self._writing() as connection:
                for some in _chunks(ids):
                    connection.execute(delete(RECORDS).where(RECORDS.c.id.in_(some)))
            with translated(), self._turn:
                fold_log(self._engine)

    def names(self) -> Iterator[tuple[CellId, CellKind]]:
        """Every id with its kind, by id, a thousand at a time: rows that come or go meanwhile may be there or not."""
        after = ""
        while True:
            page = select(RECORDS.c.id, RECORDS.c.kind).where(RECORDS.c.id > after).order_by(RECORDS.c.id)
            with translated(), self._engine.connect() as connection:
                rows = connection.execute(page.limit(_IDS_A_STATEMENT)).all()
            if not rows:
                return
            yield from ((CellId(row.id), _kind(row.kind)) for row in rows)
            after = rows[-1].id

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        writer = self._engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
        with translated(), self._turn, writer.begin() as connection:
            yield connection


def _row(cell: SealedCell) -> dict[str, object]:
    return {"id": cell.cell_id, "kind": str(cell.kind), "cell": cell.ciphertext}


def _read(connection: Connection, ids: Sequence[CellId]) -> list[SealedCell]:
    found = connection.execute(_BY_ID, {"ids": ids})
    return [SealedCell(CellId(row.id), _kind(row.kind), bytes(row.cell)) for row in found]


def _kind(untrusted_kind: str) -> CellKind:
    if untrusted_kind not in set(CellKind):
        raise Tampered(Code.DATABASE_ALTERED, "a row of the store has a kind that no cell has")
    return CellKind(untrusted_kind)


def _chunks(ids: Sequence[CellId]) -> Iterator[Sequence[CellId]]:
    return (ids[start : start + _IDS_A_STATEMENT] for start in range(0, len(ids), _IDS_A_STATEMENT))
