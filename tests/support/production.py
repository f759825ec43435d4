"""The production example of docs/examples/production, built for real in a folder as far as an ordinary user can.

What needs root, another machine or another installation is told by `ProductionMachine`: two users, the file system
under /srv, encrypted swap, a synchronized clock, the kernel's settings, packages installed from wheels, a witness.
"""

import getpass
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any

from authenticator import Authenticator
from keep_process import free_port, wait_until

from facekeep import settings as settings_module
from facekeep.errors import FacekeepError
from facekeep.ledger.note import parse_verifier_key
from facekeep.service import administration, credentials, processes
from facekeep.service.backup.make import make_backup
from facekeep.service.doctor.examine import Report, examine
from facekeep.service.doctor.machine import FileFacts, Machine, Process, Room
from facekeep.service.doctor.registry import CHECKS
from facekeep.service.doctor.subject import Subject, examined
from facekeep.service.witness.signing import load_or_make
from facekeep.service.witness.witness import Witness
from facekeep.settings import Settings
from facekeep.vault import wire
from facekeep.vault.client import VaultClient
from facekeep.web.route_table import route_table

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "production"
SOURCES = Path(__file__).parents[2] / "src"
ROOT, VAULT, SERVER = 0, 991, 992
NAMES = {ROOT: "root", VAULT: "facekeep-vault", SERVER: "facekeep"}
_COMPILED = shutil.ignore_patterns("__pycache__", "*.nb?")
_ROOM = Room(500_000_000_000, 1_000_000_000_000, 1_000_000, 1_100_000)
WITNESS = "witness.example.net"


@dataclass
class ProductionMachine(Machine):
    """The machine of the example. Everything that is not told here is this machine, as it is."""

    data_dir: Path
    site: Path
    witness_url: str = ""
    swaps: tuple[str, ...] = ()
    pattern: str = "|/bin/false"
    synchronized: bool = True
    kind: str = "ext4"
    at: Path = Path("/srv/keep")
    mask: int = 0o077
    free: Room = _ROOM
    variables: Mapping[str, str] = field(default_factory=lambda: {"PATH": "/usr/bin"})
    owners: Mapping[str, int] = field(default_factory=dict)
    late_s: float = 0.0
    core_bytes: int = 0
    files: int = 8192
    users: Mapping[str, int] = field(default_factory=lambda: {"facekeep": SERVER})
    running: tuple[tuple[str, Process], ...] = ()
    parent_mode: int = 0o755
    runs: bool = True

    def now(self):
        return super().now().fromtimestamp(time.time() + self.late_s, super().now().tzinfo)

    def environment(self) -> Mapping[str, str]:
        return self.variables

    def user_name(self, uid: int) -> str:
        return NAMES.get(uid, str(uid))

    def knows_user(self, name: str) -> bool:
        return name in self.users or name == getpass.getuser()

    def facts(self, path: Path) -> FileFacts:
        if path in self.at.parents:
            return FileFacts("folder", self.parent_mode if path == self.at.parent else 0o755, ROOT, 0, self.now())
        found = super().facts(path)
        inside = path.relative_to(self.data_dir).as_posix() if path.is_relative_to(self.data_dir) else ""
        belongs = {"": ROOT, "keep-id": ROOT, "last-backup": ROOT, "store": SERVER, "cache": SERVER}
        return replace(found, uid=self.owners.get(inside, belongs.get(inside.partition("/")[0], VAULT)))

    def place(self, path: Path) -> Path:
        return self.at

    def file_system(self, path: Path) -> str:
        return self.kind

    def room(self, path: Path) -> Room:
        return self.free

    def umask(self) -> int:
        return self.mask

    def core_limit_bytes(self) -> int:
        return self.core_bytes

    def core_pattern(self) -> str:
        return self.pattern

    def open_files(self) -> int:
        return self.files

    def plain_swaps(self) -> tuple[str, ...]:
        return self.swaps

    def clock_is_synchronized(self) -> bool | None:
        return self.synchronized

    def processes(self, module: str, data_dir: Path) -> tuple[Process, ...]:
        """The real ones, as the units start them: two users, and the limits that they set."""
        uid = {"facekeep.vault": VAULT, "facekeep.web": SERVER}[module]
        found = super().processes(module, data_dir) if self.runs else ()
        real = (replace(one, uid=uid, core_limit_bytes=0, open_files=8192) for one in found)
        planted = tuple(one for name, one in self.running if name == module)
        return planted or tuple(real)

    def address(self, url: str) -> str:
        return self.witness_url if WITNESS in url else url

    def packages(self) -> Iterable[metadata.Distribution]:
        return metadata.distributions(path=[str(self.site)])


@dataclass
class Production:
    """The example, running."""

    data_dir: Path
    config: Path
    machine: ProductionMachine
    advisories: Path

    @property
    def settings(self) -> Settings:
        return settings_module.load(self.data_dir)

    def subject(self, machine: ProductionMachine | None = None) -> Subject:
        vault = administration.state(self.settings)
        return Subject(
            settings=self.settings,
            machine=machine or self.machine,
            config_dir=self.config / (self.data_dir / "keep-id").read_text(),
            examined=examined(self.settings, vault),
            server_runs=processes.health(self.settings) is not None,
            routes=route_table(self.settings.http),
            advisories=self.advisories,
        )

    def report(self, machine: ProductionMachine | None = None) -> Report:
        return examine(self.subject(machine), {}, CHECKS)


@contextmanager
def running_production(folder: Path) -> Iterator[Production]:
    """The example as docs/production.md says, step by step."""
    data_dir, config = folder / "keep", folder / "config"
    made = Production(
        data_dir, config, ProductionMachine(data_dir, installed(folder / "site")), fresh_advisories(folder)
    )
    before = os.environ.get("FACEKEEP_CONFIG")
    os.environ["FACEKEEP_CONFIG"] = str(config)
    started: list[subprocess.Popen[bytes]] = []
    try:
        with witness(folder / "witness") as far:
            make_folders(made, far.key)
            started.append(_start("facekeep.vault", data_dir))
            wait_until(lambda: administration.state(made.settings).state != "unreachable", "the vault did not answer")
            set_up(made)
            far.watch(made)
            made.machine.witness_url = far.url
            started.append(_start("facekeep.web", data_dir))
            wait_until(lambda: _lets_nobody_in(made), "the server did not answer")
            make_backup(made.settings, folder / "keep-backup", folder / "keep-backup-keys")
            yield made
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(20)
        os.environ.pop("FACEKEEP_CONFIG")
        if before is not None:
            os.environ["FACEKEEP_CONFIG"] = before


def _lets_nobody_in(made: Production) -> bool:
    """Whether the server is there and has opened its store."""
    try:
        subject = Subject(made.settings, made.machine, made.config)
        return subject.ask_server("GET", "/v1/status").status == 401
    except FacekeepError:
        return False


def make_folders(made: Production, witness_key: str) -> None:
    """The folder of the example, with its keep.toml; port, user and witness's key are those of this machine."""
    made.data_dir.mkdir(mode=0o750)
    made.data_dir.chmod(0o750)
    for name in ("vault", "store", "cache", "run"):
        (made.data_dir / name).mkdir(mode=0o700)
    text = (EXAMPLE / "keep.toml").read_text()
    (key,) = (line for line in text.splitlines() if line.startswith("key ="))
    changes = {"port = 8470": f"port = {free_port()}", key: f'key = "{witness_key}"'}
    changes['server_user = "facekeep"'] = f'server_user = "{getpass.getuser()}"'
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (made.data_dir / "keep.toml").write_text(text)
    (made.data_dir / "keep.toml").chmod(0o640)
    _private(made.data_dir / "alarm-secret", os.urandom(32).hex())
    credentials.make_data_dir(made.settings)


def set_up(made: Production) -> None:
    """What people do once: shares, two admins with passkeys, rules, a table of scores; the first key goes."""
    first = administration.initialize(made.settings, method="shares", organization="Bureau", member="operator")
    table = SOURCES / "facekeep/vault/score_tables/yunet-2023mar-int8bq+sface-2021dec-int8bq.json"
    administration.install_score_table(made.settings, table.read_bytes())
    client = VaultClient(made.settings.vault_socket)
    reviewed_by_two_admins(lambda message: client.call(message, wire.Message), first.api_key)
    client.close()
    (made.config / (made.data_dir / "keep-id").read_text() / "credentials.json").unlink()


def reviewed_by_two_admins(
    ask: Callable[[wire.Message], Any], api_key: str, origin: str = "https://faces.example.org"
) -> list[str]:
    """Two admins join with passkeys, set the rules, and remove the program that the keep was made with; sessions."""
    own = ask(wire.Authenticate(untrusted_credential=api_key)).session
    program = ask(wire.WhoAmI(session=own)).member.member_id
    sessions = []
    for name in ("Ana", "Ben"):
        code = ask(wire.Invite(session=own, name=name, roles=("admin", "custodian"))).code
        offer, device = ask(wire.BeginJoin(code=code)), Authenticator(origin=origin)
        made = device.register(offer.ticket, offer.rp_id, offer.user_id)
        told = wire.FinishJoin(code=code, ticket=offer.ticket, passkey_name="phone", registration=made)
        sessions.append(ask(told).session)
    ask(wire.SetRules(session=sessions[0], rules=wire.Rules(searches_a_day_by_person=50, searches_a_day=200)))
    ask(wire.RemoveMember(session=sessions[0], member_id=program))
    return sessions


def installed(site: Path) -> Path:
    """A folder of packages as an installer leaves it: parts of facekeep, and two packages that it needs."""
    for part in ("ledger", "vault"):
        shutil.copytree(SOURCES / "facekeep" / part, site / "facekeep" / part, ignore=_COMPILED)
    shutil.copy(SOURCES / "facekeep" / "errors.py", site / "facekeep")
    _as_installed(site, "facekeep", "0.1.0", sorted((site / "facekeep").rglob("*")))
    for name in ("click", "h11"):
        real = metadata.distribution(name)
        for one in real.files or ():
            if one.name.endswith(".py") and ".." not in one.parts:
                (site / one).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(one.locate()), site / one)
        _as_installed(site, name, real.version, sorted((site / name).rglob("*.py")))
    return site


def _as_installed(site: Path, name: str, version: str, files: list[Path]) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"{one.relative_to(site)},sha256={_digest(one)},{one.stat().st_size}" for one in files if one.is_file()]
    (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/RECORD,,"]) + "\n")


def _digest(path: Path) -> str:
    return urlsafe_b64encode(sha256(path.read_bytes()).digest()).decode().rstrip("=")


def fresh_advisories(folder: Path) -> Path:
    """The shipped advisories, brought up to date today."""
    shipped = json.loads((SOURCES / "facekeep/service/doctor/advisories.json").read_text())
    path = folder / "advisories.json"
    path.write_text(json.dumps({**shipped, "updated": time.strftime("%Y-%m-%d", time.gmtime())}))
    return path


@dataclass
class FarWitness:
    """A witness with a key of its own, over HTTP."""

    folder: Path
    key: str
    url: str = ""
    witness: Witness | None = None

    def watch(self, made: Production) -> None:
        log = administration.ask(made.settings, wire.GetCheckpoint(), wire.Checkpoint)
        self.witness = Witness(self.folder, load_or_make(self.folder, WITNESS), [parse_verifier_key(log.verifier_key)])


@contextmanager
def witness(folder: Path) -> Iterator[FarWitness]:
    """A real witness behind a door of the standard library's."""
    folder.mkdir()
    far = FarWitness(folder, load_or_make(folder, WITNESS).public.text)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert far.witness is not None
            answer = far.witness.add_checkpoint(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(answer.status)
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, *_: object) -> None: ...

    with serving(Handler) as port:
        far.url = f"http://127.0.0.1:{port}"
        yield far


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """The port on which a handler answers."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield httpd.server_port
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def _start(module: str, data_dir: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module, "--data", str(data_dir)]
    return subprocess.Popen(command, env={**os.environ, **processes.WIPING_ALLOCATOR}, stderr=subprocess.DEVNULL)


def _private(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)
