"""The stage: a keep with three customers, a witness, and one clock for all of its processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from subprocess import PIPE
from unittest.mock import patch

import keep_process
from keep_process import KeepProcess, wait_until

from facekeep.service import administration
from facekeep.service.incident import making, operating
from facekeep.store import Store
from facekeep.vault.wire import Checkpoint, GetCheckpoint
from thefts.clocked import Clock
from thefts.customers import Customer
from thefts.tap import Tap
from thefts.traffic import Traffic

SUPPORT = Path(__file__).parents[1]
CUSTOMERS = ("Harbour Archive", "Northern Tracing", "City Desk")
_TOML = "[backup]\nhorizon_hours = 240\n"
DRILLED = ("store", "backup", "search", "server", "vault-disk", "share", "network")


class ClockedKeep(KeepProcess):
    """A keep, opened with word shares, whose processes read their dates from a clock."""

    def __init__(self, data_dir: Path, config_dir: Path, clock: Clock) -> None:
        super().__init__(data_dir, config_dir, vault_only=True, by_shares=True, toml=_TOML)
        self.clock = clock

    def _spawn(self, module: str, environment: dict[str, str], stderr: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "thefts.clocked", str(self.clock.path), module, "--data", str(self.data_dir)]
        return subprocess.Popen(command, env=on_path(environment), stdin=subprocess.DEVNULL, stderr=stderr)  # type: ignore[call-overload]


def on_path(environment: dict[str, str]) -> dict[str, str]:
    """The environment with which a process finds `thefts`."""
    return {**environment, "PYTHONPATH": f"{environment.get('PYTHONPATH', '')}:{SUPPORT}"}


class Witness:
    """`facekeep log witness` as a process of its own, dated by the same clock."""

    def __init__(self, folder: Path, clock: Clock, log_key: str) -> None:
        self.port = keep_process.free_port()
        arguments = ["--listen", f"127.0.0.1:{self.port}", "--state", str(folder), "--origin-key", log_key]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "thefts.clocked", str(clock.path), "facekeep.cli.main", "log", "witness", *arguments,
             "--name", "witness.example", "--json"],
            env=on_path(dict(keep_process.os.environ)), stdout=PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        told = ""
        while not told.rstrip().endswith("}"):
            told += self._process.stdout.readline()
        self.key = str(json.loads(told)["witness_key"])

    def stop(self) -> None:
        with self._process:
            self._process.kill()


class Stage:
    """The running keep, its customers, and other people at work in it."""

    def __init__(self, folder: Path, photos: list[Path]) -> None:
        self.folder, self.photos = folder, photos
        start = (datetime.now(UTC) - timedelta(days=40)).replace(hour=8, minute=0, second=0, microsecond=0)
        self.clock = Clock(folder / "clock", start)
        self.keep = ClockedKeep(folder / "keep", folder / "config", self.clock)
        self.tap: Tap | None = None
        self.witness: Witness | None = None
        self.customers: list[Customer] = []
        self.traffic = Traffic(self)

    def __repr__(self) -> str:
        return "a stage"

    # ---- the keep ----

    def build(self) -> None:
        """Everything up to customers with galleries, a drill on record, and a first co-signed checkpoint."""
        self.keep.create()
        log_key = administration.ask(self.keep.settings, GetCheckpoint(), Checkpoint).verifier_key
        self.witness = Witness(self.folder / "witness", self.clock, log_key)
        lines = f'[[log.witnesses]]\nurl = "http://127.0.0.1:{self.witness.port}"\nkey = "{self.witness.key}"\n'
        with (self.keep.data_dir / "keep.toml").open("a") as settings:
            settings.write(lines)
        self.begin()
        self.customers = [Customer.founded(self, name, self.photos) for name in CUSTOMERS]
        operating.record_drill(self.keep.settings, b"d" * 32, dict.fromkeys(DRILLED, "unreadable"))  # type: ignore[misc]
        self.cosigned()

    def begin(self) -> None:
        """The server, with somebody between it and the vault."""
        self.tap = Tap(self.keep.settings.vault_socket, self.clock)
        self.keep.start_server()

    def stop(self) -> None:
        """Both processes ended, and nobody between them."""
        self.keep.stop()
        if self.tap is not None:
            self.tap.close()
            self.tap = None

    def restart(self) -> None:
        """Everything as before."""
        self.keep.start_vault()
        self.begin()

    def issued_key(self, organization_id: str) -> str:
        """A key that somebody at the vault's own door has issued."""
        with self.keep._configured():
            return administration.issue_key(self.keep.settings, organization_id=organization_id, revoke_others=False)[0]

    def cosigned(self) -> None:
        """Wait until the server has kept a checkpoint that the witness signed in this hour."""
        path = self.keep.settings.cosigned_dir / self.clock.now.strftime("%Y-%m-%dT%H")
        wait_until(path.exists, "no checkpoint was co-signed", 30)

    @cached_property
    def store(self) -> Store:
        """The store as whoever has the server reads it."""
        settings = self.keep.settings
        return Store(settings.store, settings.store_dir, settings.cache_dir)

    def close(self) -> None:
        self.traffic.stop()
        if "store" in self.__dict__:
            self.store.close()
        self.keep.destroy()
        if self.witness is not None:
            self.witness.stop()
        if self.tap is not None:
            self.tap.close()

    # ---- time ----

    def pause(self, **by: float) -> None:
        """Let time pass; nobody's request is under way while the clock is moved."""
        with self.traffic.held():
            self.clock.move(**by)

    def later(self) -> str:
        """Some time after everything before, by the clock: where a theft begins, or has ended."""
        self.pause(minutes=10)
        return self.clock.at

    @contextmanager
    def operating(self) -> Iterator[None]:
        """The operator's command line in this process, dated by the stage's clock."""
        with patch.object(making, "_now", lambda: self.clock.at):
            yield

    # ---- who is who ----

    def customer_of_key(self, key_id: str) -> str:
        """The organization that a key is of."""
        return next(one.organization_id for one in self.customers if key_id in one.key_ids)

    def next_victim(self) -> Customer:
        """The customers in turn."""
        self.customers.append(self.customers.pop(0))
        return self.customers[-1]
