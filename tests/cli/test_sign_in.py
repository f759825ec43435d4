"""Signing in at a terminal: a session beside the key, used instead of it, and gone afterwards."""

import io
import json
import stat
import time
from base64 import b32decode

import pytest
from keep_process import KeepProcess

from facekeep.service import credentials
from facekeep.settings import load
from facekeep.vault import wire
from facekeep.vault.client import VaultClient
from facekeep.vault.identity import totp

MEMBERSHIP = {
    "organization_id": "org_a", "organization": "A\x1b[2J", "member_id": "mem_a", "roles": ["privacy_officer"],
}  # fmt: skip
SIGNED_IN = {
    "session": "fs_secret", "organization_id": "org_a", "memberships": [MEMBERSHIP, {**MEMBERSHIP, "organization": "B",
    "organization_id": "org_b"}], "idle_s": 900, "expires_in_s": 43200, "entry": 4,
}  # fmt: skip


@pytest.fixture
def typed(monkeypatch):
    def give(*lines: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{one}\n" for one in lines)))

    return give


def test_a_session_is_kept_privately_and_used_instead_of_the_key(keep, capsys, typed) -> None:
    keep.rule("POST /v1/sign-in/password", SIGNED_IN)
    typed("a password", "123456")
    assert keep("sign-in", "ana.k7qm2", "--stdin") == 0
    shown = capsys.readouterr()
    assert "signed in to A\\x1b[2J as privacy officer" in shown.out
    assert "fs_secret" not in shown.out + shown.err
    told = json.loads(keep.requests("POST /v1/sign-in/password")[0][1])
    assert told == {"handle": "ana.k7qm2", "password": "a password", "code": "123456"}
    settings = load(keep.data)
    assert stat.S_IMODE((credentials.keep_dir(settings) / "session.json").stat().st_mode) == 0o600
    assert credentials.current(settings).api_key == "fs_secret"
    keep.rule("DELETE /v1/me/session", {})
    assert keep("sign-out") == 0
    assert credentials.current(settings).api_key == credentials.load(settings).api_key
    assert keep("sign-out") == 0
    assert "nobody was signed in" in capsys.readouterr().out


def test_a_session_that_has_ended_can_be_signed_out_of(keep) -> None:
    credentials.save_session(load(keep.data), "fs_old")
    keep.rule("DELETE /v1/me/sessions", {"code": "unauthenticated", "detail": "no"}, 401)
    assert keep("sign-out", "--everywhere") == 0
    assert credentials.load_session(load(keep.data)) == ""


def test_a_session_that_could_not_be_ended_is_kept(keep) -> None:
    credentials.save_session(load(keep.data), "fs_alive")
    keep.rule("DELETE /v1/me/session", {"code": "vault_sealed", "detail": "no"}, 503)
    assert keep("sign-out") == 5
    assert credentials.load_session(load(keep.data)) == "fs_alive"


def test_me_shows_memberships_and_changes_organization(keep, capsys) -> None:
    keep.rule("GET /v1/me/memberships", {"items": SIGNED_IN["memberships"]})
    assert keep("me") == 0
    assert "nobody is signed in here" in capsys.readouterr().out
    credentials.save_session(load(keep.data), "fs_old")
    keep.rule("POST /v1/me/organization", {**SIGNED_IN, "organization_id": "org_b"})
    assert keep("me", "--organization", "B") == 0
    assert json.loads(keep.requests("POST /v1/me/organization")[0][1]) == {"organization_id": "org_b"}
    assert credentials.load_session(load(keep.data)) == "fs_secret"
    assert keep("me", "--organization", "C") == 3


def test_a_damaged_session_file_is_nobody(keep) -> None:
    settings = load(keep.data)
    credentials.write_private(credentials.keep_dir(settings) / "session.json", b"\xff{")
    assert credentials.load_session(settings) == ""


def test_a_person_joins_signs_in_and_leaves_at_a_terminal(live_keep: KeepProcess) -> None:
    vault = VaultClient(live_keep.settings.vault_socket)
    key = vault.call(wire.Authenticate(untrusted_credential=live_keep.api_key), wire.SessionOpened).session
    code = vault.call(wire.Invite(session=key, name="Bo", roles=("reviewer",)), wire.Invited).code
    vault.close()
    assert "not allowed" not in live_keep.cli("rules", "set", "--password-sign-in").stdout
    try:
        typed = _join_by_hand(live_keep, code)
        answers = f"{typed['password']}\n{typed['code']}\n"
        signed_in = live_keep.cli("sign-in", typed["handle"], "--stdin", typed=answers)
        assert signed_in.returncode == 0, signed_in.stderr
        me = json.loads(live_keep.cli("me", "--json").stdout)
        assert me["memberships"][0]["roles"] == ["reviewer"]
        assert me["credentials"]["handle"] == typed["handle"]
        assert live_keep.cli("rules", "set", "--case-days", "90").returncode == 4
        changed = live_keep.cli("password", "--stdin", typed="yet another password\n")
        assert changed.returncode == 0, changed.stderr
        assert live_keep.cli("sign-out", "--everywhere").returncode == 0
        assert live_keep.cli("rules", "show").returncode == 0
    finally:
        live_keep.cli("sign-out")
        live_keep.cli("rules", "set", "--no-password-sign-in")


def _join_by_hand(keep: KeepProcess, invitation: str) -> dict[str, str]:
    """What a person does who copies the secret into an app: `join` waits for the code meanwhile."""
    import os
    import subprocess
    import sys

    own = {**os.environ, "FACEKEEP_CONFIG": str(keep.config_dir), "FACEKEEP_DATA": str(keep.data_dir)}
    command = [sys.executable, "-c", "from facekeep.cli.main import main; main()", "join", "--stdin"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=own, text=True, **pipes) as join:
        join.stdin.write(f"{invitation}\n")
        join.stdin.flush()
        told = {}
        while "secret for the authenticator app" not in told:
            name, _, value = join.stderr.readline().strip().partition(": ")
            told[name] = value
        secret = b32decode(told["secret for the authenticator app"])
        step = int(time.time() // 30)
        join.stdin.write(f"a long password\n{totp.code_at(secret, step - 1)}\n")
        out, errors = join.communicate()
        assert join.returncode == 0, errors
    assert "as reviewer" in out
    code = totp.code_at(secret, step)
    return {"handle": told["your sign-in name"], "password": "a long password", "code": code}
