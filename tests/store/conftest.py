"""Stores of every backend: SQLite and files, a private PostgreSQL, and an S3 service inside this process."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import create_engine, text

from facekeep.settings import StoreSettings
from facekeep.store import Store
from facekeep.terms import CellId, CellKind, SealedCell

OpenStore = Callable[[], Store]


def make_cell(kind: CellKind = CellKind.FACE, size: int = 300) -> SealedCell:
    """A cell of random bytes under a random id."""
    return SealedCell(CellId(f"c_{secrets.token_hex(12)}"), kind, secrets.token_bytes(size))


@pytest.fixture(name="make_cell")
def make_cell_fixture() -> Callable[..., SealedCell]:
    return make_cell


def _postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("no PostgreSQL server under /usr/lib/postgresql")
    return found[-1].parent


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a private server on a Unix socket, run by the user postgres where the tests run as root."""
    programs = _postgres_programs()
    account = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="facekeep-pg-"))  # tmp_path is closed to other users
    if account:
        shutil.chown(folder, account, account)

    def run(*command: str | Path) -> None:
        subprocess.run(command, user=account, check=True, stdout=subprocess.DEVNULL, cwd="/")

    data, control = str(folder / "data"), str(programs / "pg_ctl")
    run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c synchronous_commit=off"
    run(control, "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of this test's own."""
    name = f"t{secrets.token_hex(6)}"
    server = create_engine(postgres_server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, with the standard environment variables pointing to its service."""
    for key, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(key, value)
    name = f"b{secrets.token_hex(6)}"
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)
    return name


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the default store of this test, again and again if asked."""
    yield from _opener(StoreSettings(), tmp_path)


@pytest.fixture(params=["sqlite+files", "postgres+files", "sqlite+s3"])
def open_any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """The same over every backend."""
    records, blobs = request.param.split("+")
    settings = StoreSettings(
        records_url=request.getfixturevalue("postgres_url") if records == "postgres" else "",
        blobs_url=f"s3://{request.getfixturevalue('bucket')}/keep/one" if blobs == "s3" else "",
    )
    yield from _opener(settings, tmp_path)


def _opener(settings: StoreSettings, folder: Path) -> Iterator[OpenStore]:
    opened: list[Store] = []

    def open_again() -> Store:
        opened.append(Store(settings, folder / "store", folder / "cache"))
        opened[-1].migrate()
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()
