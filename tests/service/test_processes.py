"""One supervisor a data folder, a port that is free, and a vault that is opened where no person is needed."""

import socket
import subprocess
import sys

import pytest

from facekeep.errors import BadInput, Code
from facekeep.service import administration, credentials, processes
from facekeep.service.administration import VaultState
from facekeep.settings import HttpSettings, Settings, VaultSettings


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "config"))
    made = Settings(tmp_path / "keep")
    credentials.make_data_dir(made)
    return made


def test_a_data_folder_has_one_supervisor(settings) -> None:
    with processes.lock(settings), pytest.raises(BadInput) as caught, processes.lock(settings):
        pass
    assert caught.value.code is Code.CONFLICT
    with processes.lock(settings):
        pass


def test_the_lock_of_a_killed_supervisor_is_free(settings) -> None:
    program = (
        "import sys, time; from pathlib import Path; from facekeep.service import processes;"
        "from facekeep.settings import Settings\n"
        "with processes.lock(Settings(Path(sys.argv[1]))):\n    print('held', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(settings.data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BadInput), processes.lock(settings):
            pass
        holder.kill()
    with processes.lock(settings):
        pass


def test_a_taken_port_is_said_before_anything_starts(settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = Settings(settings.data_dir, http=HttpSettings(port=taken.getsockname()[1]))
        with pytest.raises(BadInput, match="cannot listen on"):
            processes.keep_supervisor(busy, processes.TRIAL, print, print)


def test_the_server_starts_with_an_allocator_that_wipes(settings) -> None:
    environment = processes.server_program(settings).environment
    assert environment["PYTHONMALLOC"] == "malloc"
    assert "perturb=165" in environment["GLIBC_TUNABLES"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (VaultState("uninitialized"), ["initialize key_file"]),
        (VaultState("sealed", "key_file"), ["unseal"]),
        (VaultState("sealed", "passphrase"), []),
        (VaultState("sealed", "shares"), []),
        (VaultState("open", "key_file"), []),
    ],
)
def test_only_a_trial_is_opened_without_a_person(settings, monkeypatch, state, expected) -> None:
    done: list[str] = []
    made = administration.NewKeep("fk_x", ())
    monkeypatch.setattr(administration, "state", lambda _: state)
    monkeypatch.setattr(administration, "unseal_with_key_file", lambda _: done.append("unseal"))

    def initialize(_: Settings, *, method: str, **__: str) -> administration.NewKeep:
        done.append(f"initialize {method}")
        return made

    monkeypatch.setattr(administration, "initialize", initialize)
    shown: list[administration.NewKeep] = []
    processes.open_vault(settings, processes.TRIAL, shown.append)
    assert done == expected
    assert shown == ([made] if state.state == "uninitialized" else [])


def test_health_of_nothing(settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Settings(settings.data_dir, http=HttpSettings(port=free.getsockname()[1]))
        assert processes.health(nobody) is None


def test_secrets_are_not_shown() -> None:
    made = administration.NewKeep("fk_secret", ("word word",))
    assert "secret" not in repr(made)
    assert "word" not in repr(made)


def test_a_keep_of_two_users_is_not_started_as_one(tmp_path) -> None:
    keep = Settings(data_dir=tmp_path, vault=VaultSettings(server_user="nobody"))
    with pytest.raises(BadInput, match="two users"), processes.running_vault(keep, print):
        raise AssertionError("it was started")
    with pytest.raises(BadInput, match="two users"):
        processes.keep_supervisor(keep, processes.TRIAL, print, print)
