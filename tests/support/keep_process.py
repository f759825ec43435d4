"""A whole keep as real processes on a free port: vault, server and workers, to be used, killed and restarted."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from facekeep import settings
from facekeep.service import administration
from facekeep.service.credentials import make_data_dir
from facekeep.service.processes import WIPING_ALLOCATOR
from facekeep.settings import Settings

_STARTUP_S = 90.0
_STOP_S = 20.0


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(ready, what: str, patience_s: float = _STARTUP_S) -> None:
    """Return once `ready()` is true; fail with `what` where that never comes."""
    deadline = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience_s} s")
        time.sleep(0.05)


@dataclass
class KeepProcess:
    """A keep in `data_dir`, unsealed by a key file beside it, by `passphrase` or by word shares. Not thread-safe.

    `log_path` collects what the server writes about itself on stderr.
    """

    data_dir: Path
    config_dir: Path
    port: int = field(default_factory=free_port)
    toml: str = ""
    vault_only: bool = False
    passphrase: str = ""
    by_shares: bool = False
    shares: tuple[str, ...] = ()
    api_key: str = ""
    vault: subprocess.Popen[bytes] | None = None
    server: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        return settings.load(self.data_dir)

    @property
    def log_path(self) -> Path:
        return self.config_dir / "server.log"

    @property
    def vault_pid(self) -> int:
        assert self.vault is not None
        return self.vault.pid

    @property
    def server_pid(self) -> int:
        assert self.server is not None
        return self.server.pid

    @property
    def worker_pids(self) -> list[int]:
        """The server's child processes."""
        return [child.pid for child in psutil.Process(self.server_pid).children(recursive=True)]

    def create(self) -> None:
        """Make the keep: folders, vault, API key; then start the server, unless `vault_only`."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.config_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "keep.toml").write_text(
            f"[log]\ninterval_s = 1.0\nbucket = 4\n[http]\nport = {self.port}\nrequest_lines = true\n{self.toml}"
        )
        with self._configured():
            make_data_dir(self.settings)
            self._spawn_vault()
            made = administration.initialize(
                self.settings,
                method="shares" if self.by_shares else "passphrase" if self.passphrase else "key_file",
                organization="Test organization",
                member="Test member",
                passphrase=self.passphrase,
            )
        self.api_key, self.shares = made.api_key, made.shares
        if self.by_shares and administration.state(self.settings).state != "open":
            self.unseal()
        if not self.vault_only:
            self.start_server()

    def start(self) -> None:
        """Start both processes and unseal."""
        self.start_vault()
        self.start_server()

    def start_vault(self) -> None:
        with self._configured():
            self._spawn_vault()
        self.unseal()

    def start_server(self) -> None:
        environment = {**os.environ, **WIPING_ALLOCATOR}
        with self.log_path.open("ab") as log:
            self.server = self._spawn("facekeep.web", environment, stderr=log)
        wait_until(self._answers, "the server did not answer")

    def stop(self) -> None:
        """End both with SIGTERM, the server first."""
        self.stop_server()
        self.stop_vault()

    def stop_server(self) -> int:
        """End the server with SIGTERM; its exit status."""
        self.server, status = None, self._end(self.server, signal.SIGTERM)
        return status

    def stop_vault(self) -> int:
        """End the vault with SIGTERM; its exit status."""
        self.vault, status = None, self._end(self.vault, signal.SIGTERM)
        return status

    def kill_server(self) -> None:
        """kill -9 of the server and its workers."""
        workers = self.worker_pids
        self.server, _ = None, self._end(self.server, signal.SIGKILL)
        for pid in workers:
            _kill_if_there(pid)

    def kill_vault(self) -> None:
        """kill -9 of the vault."""
        self.vault, _ = None, self._end(self.vault, signal.SIGKILL)

    def restart(self, *, kill: bool = False) -> None:
        """Both down (by SIGKILL if `kill`), then up again."""
        if kill:
            self.kill_server()
            self.kill_vault()
        else:
            self.stop()
        self.start()

    def unseal(self) -> None:
        for share in self.shares[:3]:
            administration.give_share(self.settings, share)
        if self.by_shares:
            return
        if self.passphrase:
            administration.unseal_with_passphrase(self.settings, self.passphrase)
            return
        with self._configured():
            administration.unseal_with_key_file(self.settings)

    def seal(self) -> None:
        administration.seal(self.settings)

    def cli(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """`facekeep …` as the operator of this keep runs it, with `typed` on its standard input."""
        own = {"FACEKEEP_CONFIG": str(self.config_dir), "FACEKEEP_DATA": str(self.data_dir)}
        command = [sys.executable, "-c", "from facekeep.cli.main import main; main()", *arguments]
        return subprocess.run(
            command, env={**os.environ, **own}, input=typed, capture_output=True, text=True, check=False
        )

    def client(self, **options) -> httpx.Client:
        """A client with the key, unless `options` say otherwise; close it."""
        usual = {"headers": {"Authorization": f"Bearer {self.api_key}"}, "timeout": 60}
        return httpx.Client(base_url=self.base_url, trust_env=False, **(usual | options))

    def destroy(self) -> None:
        """End whatever still runs."""
        for process in (self.server, self.vault):
            self._end(process, signal.SIGKILL)
        self.server = self.vault = None

    def _spawn_vault(self) -> None:
        self.vault = self._spawn("facekeep.vault", dict(os.environ), stderr=None)
        wait_until(lambda: administration.state(self.settings).state != "unreachable", "the vault did not answer")

    def _spawn(self, module: str, environment: dict[str, str], stderr) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", module, "--data", str(self.data_dir)]
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=stderr)

    def _answers(self) -> bool:
        assert self.server is not None
        if self.server.poll() is not None:
            raise AssertionError(f"the server ended with {self.server.returncode}: {self.log_path.read_text()[-2000:]}")
        try:
            return httpx.get(f"{self.base_url}/healthz", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    @staticmethod
    def _end(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> int:
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    @contextmanager
    def _configured(self) -> Iterator[None]:
        """The operator's own folder, beside the data folder, for as long as administration needs it."""
        before = os.environ.get("FACEKEEP_CONFIG")
        os.environ["FACEKEEP_CONFIG"] = str(self.config_dir)
        try:
            yield
        finally:
            if before is None:
                del os.environ["FACEKEEP_CONFIG"]
            else:
                os.environ["FACEKEEP_CONFIG"] = before


def _kill_if_there(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def running_keep(folder: Path, **options) -> Iterator[KeepProcess]:
    """A fresh keep under `folder`, ended and gone after the block."""
    keep = KeepProcess(folder / "keep", folder / "config", **options)
    try:
        keep.create()
        yield keep
    finally:
        keep.destroy()
