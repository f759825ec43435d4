"""Whoever takes the data folder of a trial keep has not taken its key."""

from pathlib import Path

import pytest

from facekeep import settings
from facekeep.service import administration, credentials, processes


def test_trial_key_is_not_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "config"))
    chosen = settings.load(tmp_path / "keep")
    credentials.make_data_dir(chosen)
    with processes.running_vault(chosen, lambda _: None):
        made = administration.initialize(chosen, method="key_file", organization="O", member="M")
    (key_file,) = (tmp_path / "config").rglob("unseal.key")
    secrets = [key_file.read_bytes().strip(), bytes.fromhex(key_file.read_text()), made.api_key.encode()]
    for path in (one for one in (tmp_path / "keep").rglob("*") if one.is_file()):
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path
    for kept in (tmp_path / "config").rglob("*"):
        assert kept.stat().st_mode & 0o077 == 0, kept
