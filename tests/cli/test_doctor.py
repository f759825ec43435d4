"""`facekeep doctor` and the gate of `facekeep up`, as people meet them."""

import json
import os

import pytest

from facekeep.cli.main import run
from facekeep.service import administration

pytestmark = pytest.mark.usefixtures("keep")


def test_what_is_found_is_shown_with_its_fix_and_the_worst_is_the_status(keep, capsys) -> None:
    assert keep("doctor") == 8
    shown = capsys.readouterr().out
    assert "WARNING   no-witness: log.witnesses is empty" in shown
    assert "fix:    facekeep settings witness" in shown
    assert "not made, because the keep is not open" in shown


def test_a_blocker_is_status_9_in_json_too(keep, capsys) -> None:
    assert keep("settings", "set", "http.host", "0.0.0.0") == 0
    capsys.readouterr()
    assert keep("doctor", "--json") == 9
    told = json.loads(capsys.readouterr().out)
    assert told["worst"] == "blocker"
    assert {"check", "severity", "what", "allows", "fix", "docs", "accepted"} == set(told["findings"][0])
    assert told["findings"][0]["check"] == "public-bind"


def test_up_does_not_start_with_a_blocker(keep, capsys) -> None:
    keep("settings", "set", "http.host", "0.0.0.0")
    assert keep("up") == 9
    told = capsys.readouterr().err
    assert "[public-bind]" in told
    assert "facekeep settings set http.host 127.0.0.1" in told
    assert "--accept public-bind='WHY'" in told
    assert administration.state(_settings(keep)).state == "unreachable"


def test_a_keep_that_lets_others_in_accepts_no_key_file_by_itself(keep, capsys) -> None:
    folder = keep.data / "vault"
    folder.mkdir(mode=0o700)
    (folder / "seal.json").write_text('{"method": "key_file"}')
    (folder / "seal.json").chmod(0o600)
    (folder / "log").mkdir(mode=0o700)
    (folder / "log" / "checkpoint").write_text("o\n1\nAAAA\n\n— o AAAAAAAAAAAA\n", encoding="utf-8")
    (folder / "log" / "checkpoint").chmod(0o600)
    keep("settings", "set", "http.tls_proxy", "https://faces.example.org")
    keep("settings", "set", "http.allowed_hosts", '["faces.example.org"]')
    capsys.readouterr()
    assert keep("up") == 9
    assert "[key-file]" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["key-file", "=why", "key-file=", "no-such-check=why"])
def test_an_acceptance_without_a_check_or_a_reason_is_refused(keep, given, capsys) -> None:
    assert keep("doctor", "--accept", given) == 3
    assert "no check named" in (told := capsys.readouterr().err) or "CHECK=REASON" in told


def test_a_folder_that_is_not_there_is_an_error_and_no_clean_bill(tmp_path, capsys) -> None:
    assert run(["doctor", "--data", str(tmp_path / "nowhere")]) == 3
    assert "there is no folder" in capsys.readouterr().err


def _settings(keep):
    from facekeep.settings import load

    assert os.environ["FACEKEEP_CONFIG"]
    return load(keep.data)
