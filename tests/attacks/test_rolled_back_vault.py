"""An older or altered piece of the vault's disk is noticed when it is opened."""

import shutil
from pathlib import Path

import pytest
from vault_driver import EVALUATION, VaultDriver, code_of, running_vault, unit


@pytest.fixture
def stopped(tmp_path: Path) -> VaultDriver:
    """A vault that ran, was copied aside, ran on, and was stopped."""
    with running_vault(tmp_path) as vault:
        collection = vault.collection("c", EVALUATION)
        vault.enroll(collection, {"a": [unit("a")]})
        vault.stop()
        shutil.copytree(vault.data / "vault", tmp_path / "yesterday")
        vault.restart()
        vault.enroll(collection, {"b": [unit("b")]})
        vault.stop()
    return vault


def _start_and_unseal(vault: VaultDriver) -> str:
    vault.start()
    try:
        return code_of(vault.unseal)
    finally:
        vault.stop()


def test_yesterdays_log_under_todays_database_is_refused(stopped: VaultDriver) -> None:
    shutil.rmtree(stopped.data / "vault" / "log")
    shutil.copytree(stopped.data.parent / "yesterday" / "log", stopped.data / "vault" / "log")
    assert _start_and_unseal(stopped) == "log_altered"


def test_a_missing_log_is_refused(stopped: VaultDriver) -> None:
    shutil.rmtree(stopped.data / "vault" / "log")
    assert _start_and_unseal(stopped) == "log_altered"


def test_an_altered_entry_is_refused(stopped: VaultDriver) -> None:
    tail = stopped.data / "vault" / "log" / "tail"
    content = bytearray(tail.read_bytes())
    content[700] ^= 4  # inside the first of the newest entries
    tail.write_bytes(content)
    assert _start_and_unseal(stopped) == "log_altered"


def test_an_altered_database_is_refused(stopped: VaultDriver) -> None:
    path = stopped.data / "vault" / "vault.db"
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    assert _start_and_unseal(stopped) == "database_altered"

