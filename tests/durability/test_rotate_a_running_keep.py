"""The commands, on a keep of real processes that is searched and read meanwhile."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keep_process import KeepProcess, running_keep

from facekeep_sdk import Client, verify_export

PASSPHRASES = ["correct horse battery staple", "another horse and battery"]


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[KeepProcess]:
    with running_keep(tmp_path, passphrase=PASSPHRASES[0]) as keep:
        yield keep


def rotate(keep: KeepProcess, *arguments: str, typed: str = "", code: int = 0) -> list[Any]:
    """The JSON objects that `facekeep vault rotate` prints."""
    done = keep.cli("vault", "rotate", *arguments, "--json", typed=typed)
    assert done.returncode == code, done.stderr
    return [json.loads(one) for one in _objects(done.stdout)]


def _objects(text: str) -> list[str]:
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        _, end = decoder.raw_decode(text, at)
        found.append(text[at:end])
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_every_command_while_the_keep_is_used(keep: KeepProcess, tmp_path: Path) -> None:
    client = Client(keep.base_url, keep.api_key, checkpoint_path=tmp_path / "seen")
    first = client.check_log().checkpoint.verifier_key
    stop, failures, asked = threading.Event(), [], [0]

    def use() -> None:
        with Client(keep.base_url, keep.api_key, checkpoint_path=tmp_path / "other") as other:
            while not stop.is_set():
                try:
                    list(other.log_entries(limit=100))
                    other.check_log()
                    asked[0] += 1
                except Exception as failure:  # whatever it is, a rotation must not be noticed
                    failures.append(failure)
                    return

    user = threading.Thread(target=use)
    user.start()
    wrong = rotate(keep, "root", "--stdin", typed=f"wrong horse battery\n{PASSPHRASES[1]}\n", code=4)
    assert wrong == [] or "error" in str(wrong)
    (done,) = rotate(keep, "root", "--stdin", typed=f"{PASSPHRASES[0]}\n{PASSPHRASES[1]}\n")
    shares, moved = rotate(keep, "root", "--unseal", "shares", "--stdin", "--yes", typed=f"{PASSPHRASES[1]}\n")
    assert done["method"] == "passphrase"
    assert moved["method"] == "shares"
    assert rotate(keep, "organization", "--all") == [{"organizations": 1}]
    (named,) = rotate(keep, "log-key")
    assert rotate(keep, "blocks")[0]["blocks"] == 0
    stop.set()
    user.join()
    assert not failures, failures
    assert asked[0]
    assert client.check_log(entries=True).checkpoint.verifier_key == named["verifier_key"]
    client.export_log(tmp_path / "export", patience_s=60)
    assert verify_export(tmp_path / "export", first) == verify_export(tmp_path / "export", named["verifier_key"])
    client.close()
    keep.seal()
    for share in shares["shares"][2:]:
        assert keep.cli("vault", "unseal", "--stdin", typed=f"{share}\n").returncode == 0
    assert keep.cli("vault", "status", "--json").stdout.count('"open"') == 1
