from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from facekeep.settings import StoreSettings
from facekeep.store import Store
from facekeep.store.engine import BEGIN, open_engine
from facekeep.store.migrate import config, downgrade, is_newest, newest, upgrade
from facekeep.store.records import METADATA, Records


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request, tmp_path):
    engine = open_engine(request.getfixturevalue("postgres_url") if request.param == "postgres" else "", tmp_path)
    yield engine
    engine.dispose()


def _write(engine: Engine):
    return engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"}).begin()


def _tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_migrated_tables_are_those_the_code_expects(engine):
    Records(engine).migrate()
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrating_again_changes_nothing(engine, make_cell):
    records, cell = Records(engine), make_cell()
    records.migrate()
    records.put([cell])
    records.migrate()
    assert records.get([cell.cell_id]) == {cell.cell_id: cell}


def test_down_refuses_to_drop_data_and_goes_down_without(engine, make_cell):
    records, cell = Records(engine), make_cell()
    records.migrate()
    records.put([cell])
    with pytest.raises(RuntimeError, match="still holds records"), _write(engine) as connection:
        downgrade(connection, "base")
    assert records.get([cell.cell_id]) == {cell.cell_id: cell}
    records.delete([cell.cell_id])
    with _write(engine) as connection:
        downgrade(connection, "base")
    assert "records" not in _tables(engine)
    records.migrate()
    records.put([cell])
    assert records.get([cell.cell_id]) == {cell.cell_id: cell}


def test_a_migration_that_is_interrupted_leaves_nothing(engine):
    with _write(engine) as connection:
        upgrade(connection)
        assert "records" in inspect(connection).get_table_names()
        connection.rollback()
    assert _tables(engine) == set()
    Records(engine).migrate()
    assert _tables(engine) == {"records", "alembic_version"}


def test_several_servers_may_start_at_once(postgres_url, tmp_path):
    def start(number: int) -> None:
        store = Store(StoreSettings(records_url=postgres_url), tmp_path / "store", tmp_path / "cache")
        store.migrate()
        store.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))


def test_ciphertext_is_not_compressed_in_postgresql(postgres_url, tmp_path):
    engine = open_engine(postgres_url, tmp_path)
    Records(engine).migrate()
    with engine.connect() as connection:
        storage = "SELECT attstorage::text FROM pg_attribute WHERE attrelid = 'records'::regclass AND attname = 'cell'"
        assert connection.execute(text(storage)).scalar() == "e"
    engine.dispose()


def test_what_is_newest_already_is_left_alone(engine, monkeypatch):
    records = Records(engine)
    records.migrate()
    monkeypatch.setattr("facekeep.store.records.upgrade", lambda _: pytest.fail("nothing was to be done"))
    records.migrate()


def test_the_newest_step_is_the_one_that_alembic_goes_up_to(engine):
    Records(engine).migrate()
    with engine.connect() as connection:
        assert is_newest(connection)
        assert ScriptDirectory.from_config(config(connection)).get_current_head() == newest()


def test_tables_of_another_version_are_not_the_newest(engine):
    Records(engine).migrate()
    with _write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with engine.connect() as connection:
        assert not is_newest(connection)
