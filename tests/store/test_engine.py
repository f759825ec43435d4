import sqlite3

import pytest
from sqlalchemy import text

from facekeep.errors import BadInput, Code, Unavailable
from facekeep.settings import StoreSettings
from facekeep.store import Store
from facekeep.store.blobs import open_blobs
from facekeep.store.engine import open_engine


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://host/name",
        "sqlite://",
        "sqlite:///relative.db",
        "postgresql://me:hunter2@host/name",
        "postgresql://me@host/name?password=hunter2",
    ],
)
def test_a_database_that_is_not_supported_or_names_a_password_is_refused(tmp_path, url):
    with pytest.raises(BadInput) as caught:
        open_engine(url, tmp_path)
    assert caught.value.code is Code.INVALID_SETTING
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["s3://", "s3://key:hunter2@bucket/p", "s3://bucket/p?key=hunter2", "gs://bucket", "file://host/x", "relative"],
)
def test_blobs_elsewhere_or_with_credentials_are_refused(tmp_path, url):
    with pytest.raises(BadInput) as caught:
        open_blobs(url, tmp_path / "store", tmp_path / "cache")
    assert caught.value.code is Code.INVALID_SETTING
    assert "hunter2" not in str(caught.value)


def test_sqlite_may_be_named_by_url(tmp_path, make_cell):
    store = Store(StoreSettings(records_url=f"sqlite:///{tmp_path}/other/r.db"), tmp_path / "s", tmp_path / "c")
    store.migrate()
    store.put([make_cell()], {})
    store.close()
    assert (tmp_path / "other" / "r.db").stat().st_mode & 0o777 == 0o600


def test_every_sqlite_connection_syncs_every_commit_and_wipes_what_it_deletes(tmp_path):
    engine = open_engine("", tmp_path)
    connections = [engine.connect() for _ in range(3)]
    for connection in connections:
        shown = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "page_size")
        ]
        assert shown == ["wal", 2, 1, 0, 8192]
        connection.close()
    engine.dispose()


def test_closing_leaves_no_log_behind(open_store, make_cell, tmp_path):
    store = open_store()
    store.put([make_cell()], {})
    store.close()
    assert not list((tmp_path / "store").glob("*-wal"))
    with sqlite3.connect(tmp_path / "store" / "records.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_postgresql_commits_wait_for_the_disk_whatever_the_server_says(postgres_url, tmp_path):
    """The server of these tests runs with synchronous_commit=off."""
    engine = open_engine(postgres_url, tmp_path)
    shown = "SELECT setting, reset_val FROM pg_settings WHERE name = 'synchronous_commit'"
    with engine.connect() as connection:
        assert tuple(connection.execute(text(shown)).one()) == ("on", "off")
    engine.dispose()


def test_a_postgresql_server_without_fsync_is_refused(postgres_server, postgres_url, tmp_path):
    admin = open_engine(postgres_server, tmp_path)
    settings = StoreSettings(records_url=postgres_url)

    def set_fsync(value: str) -> None:
        raw = admin.raw_connection()
        raw.driver_connection.autocommit = True
        raw.cursor().execute(f"ALTER SYSTEM SET fsync = {value}")
        raw.cursor().execute("SELECT pg_reload_conf(), pg_sleep(0.3)")
        raw.driver_connection.autocommit = False
        raw.close()

    set_fsync("off")
    try:
        store = Store(settings, tmp_path / "store", tmp_path / "cache")
        with pytest.raises(BadInput) as caught:
            store.migrate()
        assert caught.value.code is Code.INVALID_SETTING
    finally:
        set_fsync("on")
        admin.dispose()
    store.migrate()
    store.close()


def test_a_database_that_is_not_there_is_unavailable(tmp_path):
    store = Store(StoreSettings(records_url=f"postgresql://nobody@/x?host={tmp_path}"), tmp_path / "s", tmp_path / "c")
    with pytest.raises(Unavailable) as caught:
        store.migrate()
    assert caught.value.code is Code.STORE_UNAVAILABLE
    assert str(tmp_path) not in str(caught.value)


def test_a_lost_postgresql_connection_heals(open_store, postgres_server, postgres_url, make_cell, tmp_path):
    store = Store(StoreSettings(records_url=postgres_url), tmp_path / "store", tmp_path / "cache")
    store.migrate()
    first, second = make_cell(), make_cell()
    store.put([first], {})
    admin = open_engine(postgres_server, tmp_path)
    with admin.connect() as connection:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = :name"
        )
        killed = connection.execute(text(others), {"name": postgres_url.split("/")[3].split("?")[0]}).all()
    admin.dispose()
    assert killed
    store.put([second], {})
    assert store.get([first.cell_id, second.cell_id]) == {first.cell_id: first, second.cell_id: second}
    store.close()


def test_a_missing_driver_is_named(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadInput, match=r"facekeep\[postgres\]"):
        open_engine("postgresql://me@host/name", tmp_path)
