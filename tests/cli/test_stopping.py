"""Stopping things at the vault's own door, on the command line, against a real vault."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_driver import VaultDriver, code_of, running_vault

from facekeep.cli.main import run
from facekeep.vault import wire


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VaultDriver]:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "config"))
    with running_vault(tmp_path) as one:
        yield one


def operator(vault: VaultDriver, *arguments: str) -> int:
    return run(["vault", *arguments, "--data", str(vault.data)])


def test_the_operator_freezes_ends_allows_and_panics(vault: VaultDriver, capsys: pytest.CaptureFixture[str]) -> None:
    member = vault.server.call(wire.WhoAmI(session=vault.session), wire.Myself).member.member_id
    collection = vault.collection()
    who = wire.WhoAmI(session=vault.session)
    assert operator(vault, "allow-reading", member, collection, "--hours", "2") == 0
    assert operator(vault, "freeze", "member", member, "--json") == 0
    assert json.loads(capsys.readouterr().out.split("\n", 1)[1])["entry"] >= 0
    assert code_of(vault.server.call, who, wire.Myself) == "frozen"
    assert operator(vault, "unfreeze", "member", member) == 0
    assert "it goes on" in capsys.readouterr().out
    assert vault.server.call(who, wire.Myself).member.member_id == member
    assert operator(vault, "freeze", "key", "nothing") == 3
    assert operator(vault, "end", "member", member) == 3, "not unasked"
    assert operator(vault, "end", "member", member, "--yes") == 0
    assert code_of(vault.server.call, who, wire.Myself) == "unauthenticated"
    assert operator(vault, "panic") == 0
    assert vault.server.call(wire.GetStatus(), wire.Status).state == "sealed"
