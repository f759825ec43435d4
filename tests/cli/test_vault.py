"""Local administration where no vault runs, and what `init` refuses before it starts one."""

import json

from facekeep.cli.main import run


def test_vault_status_without_a_vault(keep, capsys) -> None:
    assert keep("vault", "status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "unreachable"


def test_unseal_without_a_vault_says_what_to_do(keep, capsys) -> None:
    assert keep("vault", "unseal") == 5
    assert "facekeep up" in capsys.readouterr().err


def test_quarantine_is_not_cleared_unasked(keep) -> None:
    assert keep("vault", "clear-quarantine") == 3


def test_a_score_table_has_a_limit(keep, tmp_path, capsys) -> None:
    path = tmp_path / "table.json"
    path.write_bytes(b" " * 1_000_001)
    assert keep("vault", "install-score-table", path) == 3
    assert "at most 1 MB" in capsys.readouterr().err


def test_keys_may_not_lie_in_the_data_folder(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "keep" / "config"))
    assert run(["init", "--unseal", "key-file", "--data", str(tmp_path / "keep")]) == 3
    assert "keys must not" in capsys.readouterr().err
    assert not (tmp_path / "keep" / "keep-id").exists()


def test_keys_of_no_running_vault_are_not_rotated(keep, capsys) -> None:
    assert keep("vault", "rotate", "root", "--stdin") == 5
    assert "unreachable" in capsys.readouterr().err
    assert keep("vault", "rotate", "organization") == 2
    assert keep("vault", "rotate", "organization", "org_1", "--all") == 2
