"""How a vault is opened and shut."""

import errno
import os
import threading
from itertools import combinations
from pathlib import Path

import pytest
from keep_process import wait_until
from vault_driver import VaultDriver, code_of

from facekeep.errors import Code, FacekeepError, Refused, Unavailable
from facekeep.settings import LogSettings
from facekeep.vault import seal, wire
from facekeep.vault.journal import Journal
from facekeep.vault.keeper import Keeper
from facekeep.vault.log import Log


def _keeper(folder: Path, **more: str) -> tuple[Keeper, wire.Initialized]:
    keeper = Keeper(folder, LogSettings(interval_s=0.1))
    made = keeper.operate(wire.Initialize(organization="O", member="M", **more))
    assert isinstance(made, wire.Initialized)
    return keeper, made


def test_a_new_vault_says_so_and_does_nothing(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    assert keeper.status().state == "uninitialized"
    assert code_of(keeper.serve, wire.Authenticate(untrusted_credential="x")) == "not_initialized"
    assert code_of(keeper.operate, wire.Unseal(passphrase="x")) == "not_initialized"


def test_a_passphrase_opens_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    keeper, made = _keeper(tmp_path, method="passphrase", passphrase="correct horse battery")
    keeper.seal()
    assert code_of(keeper.serve, wire.Authenticate(untrusted_credential=made.api_key)) == "vault_sealed"
    assert code_of(keeper.operate, wire.Unseal(passphrase="correct horse batterie")) == "unseal_refused"
    assert code_of(keeper.operate, wire.Unseal(key_file="/dev/null")) == "invalid_request"
    opened = keeper.operate(wire.Unseal(passphrase="correct horse battery"))
    assert isinstance(opened, wire.Status)
    assert opened.state == "open"
    keeper.serve(wire.Authenticate(untrusted_credential=made.api_key))


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    message = wire.Initialize(method="passphrase", organization="O", member="M", passphrase="short")
    assert code_of(keeper.operate, message) == "invalid_request"
    assert keeper.status().state == "uninitialized"


def test_any_three_shares_open_and_no_two_do() -> None:
    fresh, root, shares = seal.create(Path("/nonexistent"), "shares", "")
    assert len(shares) == 5
    for three in combinations(shares, 3):
        assert seal.open_root(fresh, "\n".join(three)) == root
    for few in (*combinations(shares, 2), *combinations(shares, 1)):
        with pytest.raises(Refused):
            seal.open_root(fresh, "\n".join(few))


def test_shares_are_given_one_at_a_time_and_a_mistyped_one_is_named(tmp_path: Path) -> None:
    keeper, made = _keeper(tmp_path, method="shares")
    keeper.seal()
    wrong = " ".join(["academic", *made.shares[0].split()[1:]])
    assert code_of(keeper.operate, wire.Unseal(share=wrong)) == "unseal_refused"
    for given, share in enumerate((made.shares[4], made.shares[4].upper(), made.shares[1]), 1):
        status = keeper.operate(wire.Unseal(share=share))
        assert isinstance(status, wire.Status)
        assert status.state == "sealed"
        assert status.shares_given == (1, 1, 2)[given - 1]
    status = keeper.operate(wire.Unseal(share=made.shares[2]))
    assert isinstance(status, wire.Status)
    assert status.state == "open"


def test_a_second_initialization_is_refused(tmp_path: Path) -> None:
    keeper, _ = _keeper(tmp_path, method="key_file", key_file=str(tmp_path / "k"))
    again = wire.Initialize(method="key_file", organization="O", member="M", key_file=str(tmp_path / "k2"))
    assert code_of(keeper.operate, again) == "already_initialized"


def test_failed_unseals_are_in_the_log_once_it_can_be_written(tmp_path: Path) -> None:
    keeper, _ = _keeper(tmp_path / "v", method="key_file", key_file=str(tmp_path / "k"))
    keeper.seal()
    (tmp_path / "wrong").write_text("00" * 32)
    assert code_of(keeper.operate, wire.Unseal(key_file=str(tmp_path / "wrong"))) == "unseal_refused"
    assert (tmp_path / "v" / "failed-unseals").read_text() == "1"
    keeper.operate(wire.Unseal(key_file=str(tmp_path / "k")))
    assert not (tmp_path / "v" / "failed-unseals").exists()


def test_an_unsealing_that_cannot_be_logged_leaves_the_vault_sealed_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, _ = _keeper(tmp_path / "v", method="key_file", key_file=str(tmp_path / "k"))
    keeper.seal()

    def no_room(*_: object) -> int:
        raise Unavailable(Code.DISK_FULL, "no room")

    with monkeypatch.context() as full:
        full.setattr(Journal, "write", no_room)
        assert code_of(keeper.operate, wire.Unseal(key_file=str(tmp_path / "k"))) == "disk_full"
    assert keeper.status().state == "sealed"
    keeper.operate(wire.Unseal(key_file=str(tmp_path / "k")))
    assert keeper.status().state == "open"


@pytest.mark.parametrize(("code", "state"), [(Code.DISK_FULL, "open"), (Code.LOG_UNWRITABLE, "sealed")])
def test_a_full_disk_puts_a_checkpoint_off_and_a_broken_one_seals_the_vault(
    code: Code, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, _ = _keeper(tmp_path / "v", method="key_file", key_file=str(tmp_path / "k"))
    stop, tried = threading.Event(), []

    def fails(*_: object) -> str:
        tried.append(code)
        raise Unavailable(code, "no")

    monkeypatch.setattr(Log, "publish", fails)
    thread = threading.Thread(target=keeper.publish_forever, args=(stop,))
    thread.start()
    wait_until(lambda: len(tried) > 1 or keeper.status().state == "sealed", "not published", 10)
    stop.set()
    thread.join()
    assert keeper.status().state == state


def test_an_altered_database_is_refused(tmp_path: Path) -> None:
    keeper, _ = _keeper(tmp_path / "v", method="key_file", key_file=str(tmp_path / "k"))
    keeper.seal()
    path = tmp_path / "v" / "vault.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert code_of(keeper.operate, wire.Unseal(key_file=str(tmp_path / "k"))) == "database_altered"
    assert keeper.status().state == "sealed"


def test_a_wrong_passphrase_that_cannot_be_counted_is_an_error_with_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "v"
    keeper, _ = _keeper(folder, method="passphrase", passphrase="correct horse battery")
    keeper.seal()
    before = sorted(folder.rglob("*"))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert code_of(keeper.operate, wire.Unseal(passphrase="wrong horse battery")) == "disk_full"
    assert keeper.status().state == "sealed"
    assert [path for path in sorted(folder.rglob("*")) if path.suffix != ".new"] == before
    keeper.operate(wire.Unseal(passphrase="correct horse battery"))
    assert keeper.status().state == "open"


def test_a_new_key_can_revoke_the_old_one(tmp_path: Path) -> None:
    keeper, made = _keeper(tmp_path / "v", method="key_file", key_file=str(tmp_path / "k"))
    session = keeper.serve(wire.Authenticate(untrusted_credential=made.api_key))
    assert isinstance(session, wire.SessionOpened)
    issued = keeper.operate(wire.IssueApiKey(revoke_others=True))
    assert isinstance(issued, wire.ApiKeyIssued)
    assert code_of(keeper.serve, wire.Authenticate(untrusted_credential=made.api_key)) == "unauthenticated"
    assert code_of(keeper.serve, wire.ListCollections(session=session.session)) == "unauthenticated"
    keeper.serve(wire.Authenticate(untrusted_credential=issued.api_key))


def test_every_wrong_key_is_refused_alike(tmp_path: Path) -> None:
    keeper, made = _keeper(tmp_path / "v", method="key_file", key_file=str(tmp_path / "k"))
    last = "a" if made.api_key[-1] != "a" else "b"
    answers = set()
    for wrong in ("", "fk_", "x" * 200, made.api_key[:-1] + last, "fk_aaaaaaaaaa_" + made.api_key.split("_")[2]):
        with pytest.raises(FacekeepError) as refusal:
            keeper.serve(wire.Authenticate(untrusted_credential=wrong))
        answers.add((refusal.value.code, refusal.value.message))
    assert len(answers) == 1


def test_the_sockets_are_for_their_owner_alone(tmp_path: Path) -> None:
    driver = VaultDriver(tmp_path / "keep")
    driver.data.mkdir()
    driver.start()
    try:
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keep" / "run").iterdir()}
        assert modes == {"vault.sock": 0o600, "vault-admin.sock": 0o600}
        assert (tmp_path / "keep" / "run").stat().st_mode & 0o777 == 0o700
    finally:
        driver.stop()


def test_the_servers_door_takes_no_operators_message(tmp_path: Path) -> None:
    driver = VaultDriver(tmp_path / "keep")
    driver.data.mkdir()
    driver.start()
    try:
        message = wire.Initialize(method="shares", organization="O", member="M")
        assert code_of(driver.server.call, message, wire.Initialized) == "vault_unreachable"
        assert driver.server.call(wire.GetStatus(), wire.Status).state == "uninitialized"
    finally:
        driver.stop()
