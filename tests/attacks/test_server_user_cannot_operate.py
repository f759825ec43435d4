"""Where the server runs as another user, its processes reach the server's socket, and the operator's never."""

import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from facekeep.errors import FacekeepError
from facekeep.vault import wire
from facekeep.vault.server import Door, Guest, guest_named, make_folder
from facekeep.vault.wire import OperatorRequest, ServerRequest

STRANGER, OTHER = 65_533, 65_532
AS_USER = """
import os, socket, struct, sys  # before the user changes, who may not be able to read them
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1]))
one = socket.socket(socket.AF_UNIX)
try:
    one.connect(sys.argv[3])
    content = bytes.fromhex(sys.argv[4])
    one.sendall(struct.pack(">I", len(content)) + content)
    print("answered" if one.recv(4) else "closed")
except (PermissionError, ConnectionError):
    print("refused")
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two users")


@pytest.fixture
def sockets() -> Iterator[Path]:
    """Both doors as `serve` opens them for a guest, in a folder that others may reach."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        run = Path(folder) / "run"
        guest = Guest(STRANGER, STRANGER) if os.geteuid() == 0 else Guest(os.getuid(), os.getgid())
        make_folder(run, guest)
        for name, request, allowed in (
            ("vault-admin.sock", OperatorRequest, None),
            ("vault.sock", ServerRequest, guest),
        ):
            door = Door(run / name, msgspec.msgpack.Decoder(request), lambda _: wire.Done(), allowed)
            threading.Thread(target=_until_closed, args=(door,), daemon=True).start()
        yield run


def _until_closed(door: Door) -> None:
    try:
        door.open()
    except OSError:
        return


def said_to(path: Path, uid: int, gid: int) -> str:
    message = msgspec.msgpack.encode(wire.GetStatus()).hex()
    command = [sys.executable, "-c", AS_USER, str(uid), str(gid), str(path), message]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@needs_root
def test_the_server_user_reaches_the_servers_socket_and_not_the_operators(sockets: Path) -> None:
    assert said_to(sockets / "vault.sock", STRANGER, STRANGER) == "answered"
    assert said_to(sockets / "vault-admin.sock", STRANGER, STRANGER) == "refused"


@needs_root
def test_nobody_else_reaches_either_not_even_in_the_group(sockets: Path) -> None:
    assert said_to(sockets / "vault.sock", OTHER, OTHER) == "refused"
    assert said_to(sockets / "vault.sock", OTHER, STRANGER) in {"closed", "refused"}
    assert said_to(sockets / "vault-admin.sock", OTHER, STRANGER) == "refused"


@needs_root
def test_a_mode_that_was_opened_by_mistake_still_lets_only_the_two_users_in(sockets: Path) -> None:
    for name in ("vault.sock", "vault-admin.sock"):
        (sockets / name).chmod(0o777)
    sockets.chmod(0o755)
    assert said_to(sockets / "vault.sock", OTHER, OTHER) in {"closed", "refused"}
    assert said_to(sockets / "vault-admin.sock", STRANGER, STRANGER) in {"closed", "refused"}


def test_the_modes_are_no_wider_than_that(sockets: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (sockets, *sockets.iterdir())}
    assert modes == {"run": 0o710, "vault.sock": 0o660, "vault-admin.sock": 0o600}


def test_a_folder_that_is_open_is_refused_where_there_is_one_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(FacekeepError, match="0700"):
        make_folder(tmp_path, None)


def test_a_user_that_the_system_does_not_know_is_refused() -> None:
    assert guest_named("") is None
    with pytest.raises(FacekeepError, match="no user"):
        guest_named("nobody-of-this-name")


def test_the_own_user_is_let_in(sockets: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(str(sockets / "vault-admin.sock"))
