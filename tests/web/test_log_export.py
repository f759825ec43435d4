"""An organization takes its own entries home, and an auditor checks them far from the keep."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from keep_process import KeepProcess
from refusals import refused

from facekeep_sdk import Client, verify_export


@pytest.fixture
def exported(live_keep: KeepProcess, client: httpx.Client, tmp_path: Path) -> tuple[Path, str]:
    """A file, and the log's key from another source."""
    client.get("/v1/collections")
    out = tmp_path / "log.jsonl"
    told = live_keep.cli("log", "export", "--out", str(out), "--json")
    assert told.returncode == 0, told.stderr
    return out, client.get("/v1/log/checkpoint").json()["verifier_key"]


def test_the_export_holds_what_the_log_shows_and_ends_with_itself(exported, client: httpx.Client) -> None:
    path, key = exported
    found = verify_export(path, key)
    shown = client.get("/v1/log/entries", params={"limit": 1000}).json()["entries"][: found.entries]
    assert shown[-1]["act"] == "log.export"
    assert found.acts == {act: [one["act"] for one in shown].count(act) for act in {one["act"] for one in shown}}
    assert path.stat().st_mode & 0o077 == 0


def test_it_is_verified_with_nothing_but_the_file_and_the_key(exported, tmp_path: Path) -> None:
    path, key = exported
    command = [sys.executable, "-c", "from facekeep.cli.main import main; main()", "log", "verify", str(path)]
    nowhere = {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}

    def verify(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *more], env=nowhere, capture_output=True, text=True, cwd=tmp_path, check=False)

    told = verify("--key", key)
    assert told.returncode == 0, told.stderr
    assert "none missing" in told.stdout
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1] + lines[2:]))
    told = verify("--key", key)
    assert told.returncode == 6
    assert "missing" in told.stderr
    assert verify().returncode == 2


def test_only_the_acts_of_exporting_begin_exports(client: httpx.Client) -> None:
    client.get("/v1/collections")
    refused(client.get("/v1/log/export", params={"entry": 0}), "not_found")
    refused(client.get("/v1/log/export", params={"entry": 10**9}), "not_found")


def test_a_page_never_reaches_beyond_its_export(client: httpx.Client, exported) -> None:
    path, _ = exported
    last = len(path.read_bytes().splitlines()) - 2
    page = client.get("/v1/log/export", params={"entry": last, "start": last + 1}).json()
    assert (page["entries"], page["next_start"]) == ([], None)


def test_the_key_of_one_entry_is_not_the_key_of_another(exported) -> None:
    path, _ = exported
    keys = [json.loads(line)["key"] for line in path.read_bytes().splitlines()[1:]]
    assert len(set(keys)) == len(keys)


def test_an_impatient_export_says_that_no_checkpoint_came(live_keep: KeepProcess, tmp_path: Path) -> None:
    with Client(live_keep.base_url, live_keep.api_key) as client:
        try:
            client.export_log(tmp_path / "log.jsonl", patience_s=0)
        except Exception as error:
            assert "not_yet_published" in str(error)  # noqa: PT017  a checkpoint may have come in between
            assert list(tmp_path.iterdir()) == []
