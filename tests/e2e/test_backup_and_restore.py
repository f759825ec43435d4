"""A keep with real processes backed up while it is used, killed in the middle of it, and brought back elsewhere."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from os import environ
from pathlib import Path

import msgspec
import pytest
from gallery import Gallery
from keep_process import KeepProcess, running_keep, wait_until

from facekeep_sdk import Client, LogTampered

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]  # each starts several keeps
PASSPHRASE = "a long passphrase of a test"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepProcess]:
    with running_keep(tmp_path_factory.mktemp("lived"), passphrase=PASSPHRASE) as one:
        yield one


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, ...]:
    return ("--to", str(tmp_path / "backup"), "--keys-to", str(tmp_path / "keys"))


def backed_up(keep: KeepProcess, folders: Sequence[str]) -> dict[str, object]:
    done = keep.cli("backup", *folders, "--json")
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout, type=dict[str, object])


def elsewhere(keep: KeepProcess, tmp_path: Path, folders: Sequence[str], *more: str) -> KeepProcess:
    """The keep brought back by the command line on a clean host, started."""
    two = KeepProcess(tmp_path / "two" / "keep", tmp_path / "two" / "config", passphrase=PASSPHRASE)
    two.data_dir.mkdir(parents=True)
    two.config_dir.mkdir()
    (two.data_dir / "keep.toml").write_text(f"[log]\ninterval_s = 1.0\nbucket = 4\n[http]\nport = {two.port}\n")
    done = two.cli("restore", "--from", folders[1], "--keys-from", folders[3], "--stdin", "--json", *more,
                   typed=PASSPHRASE + "\n")  # fmt: skip
    assert done.returncode == 0, done.stderr
    two.api_key = keep.api_key
    two.start()
    return two


def enrolled(gallery: Gallery, photo: bytes) -> str:
    answer = gallery.enroll(photo)
    assert answer.status_code == 200, answer.text
    (face,) = answer.json()["photos"][0]["faces"]
    return str(face["face_id"])


def found(gallery: Gallery, photo: bytes) -> list[str]:
    answer = gallery.search(photo, face_index=0)
    assert answer.status_code == 200, answer.text
    return [one["face_id"] for one in answer.json()["candidates"]]


def test_a_keep_that_is_used_comes_back_elsewhere_with_the_same_log_and_candidates(
    lived: KeepProcess, folders: tuple[str, ...], tmp_path: Path, portraits: Sequence[bytes]
) -> None:
    with lived.client() as client:
        answer = client.post("/v1/collections", json={"name": "g", "policy": {
            "minimum_quality": 0, "evaluation": True, "score_floor": 0.4, "exposure_limit": 1_000_000}})  # fmt: skip
        gallery = Gallery(client, answer.json()["collection_id"])
        people = [enrolled(gallery, photo) for photo in portraits[:2]]
        busy, stop = [], threading.Event()

        def use() -> None:
            with lived.client() as other:
                mine = Gallery(other, gallery.collection_id)
                while not stop.is_set():
                    busy.append(len(found(mine, portraits[0])))

        thread = threading.Thread(target=use)
        thread.start()
        made = backed_up(lived, folders)
        wait_until(lambda: len(busy) > 2, "no search came through")
        stop.set()
        thread.join()
        assert all(busy)
        later = enrolled(gallery, portraits[2])
        before = found(gallery, portraits[0])
        client.delete(f"/v1/faces/{people[1]}").raise_for_status()
    memory = tmp_path / "checkpoint.json"
    with Client(lived.base_url, lived.api_key, checkpoint_path=memory) as sdk:
        sdk.check_log()
    assert lived.cli("backup", "status").stdout.find(str(made["made_at"])) > 0
    lived.stop()

    two = elsewhere(lived, tmp_path, folders, "--log-from", str(lived.settings.vault_dir / "log"))
    try:
        with Client(two.base_url, two.api_key, checkpoint_path=memory) as sdk:
            sdk.check_log()  # the log that this client saw goes on
        with two.client() as client:
            gallery = Gallery(client, gallery.collection_id)
            assert found(gallery, portraits[0]) == before
            assert people[1] not in found(gallery, portraits[1])  # forgotten again
            assert client.get(f"/v1/faces/{later}").status_code == 404  # enrolled after the backup: lost
            assert enrolled(gallery, portraits[3]) in found(gallery, portraits[3])
    finally:
        two.destroy()
        lived.start()


def test_without_the_newer_log_a_client_that_saw_more_refuses(
    lived: KeepProcess, folders: tuple[str, ...], tmp_path: Path
) -> None:
    backed_up(lived, folders)
    memory = tmp_path / "checkpoint.json"
    with Client(lived.base_url, lived.api_key, checkpoint_path=memory) as sdk:
        size = sdk.check_log().size
        wait_until(lambda: sdk.check_log().size > size, "the log does not grow")
    two = elsewhere(lived, tmp_path, folders)
    try:
        with Client(two.base_url, two.api_key, checkpoint_path=memory) as sdk, pytest.raises(LogTampered):
            sdk.status()
        with Client(two.base_url, two.api_key) as fresh:
            assert fresh.check_log().size > 0
    finally:
        two.destroy()


def test_killed_in_the_middle_of_a_backup_or_a_restore_leaves_what_was_there(
    lived: KeepProcess, folders: tuple[str, ...], tmp_path: Path
) -> None:
    good = backed_up(lived, folders)
    arguments = ["backup", *folders]
    for delay_s in (0.5, 0.8, 1.1, 1.4):
        _killed(lived, arguments, delay_s)
    _killed_vault_meanwhile(lived, folders)
    keys = sorted(path.name for path in Path(folders[3]).iterdir() if path.suffix == ".key")
    assert any(str(good["backup_id"]) in name for name in keys)
    two = KeepProcess(tmp_path / "two" / "keep", tmp_path / "two" / "config", passphrase=PASSPHRASE)
    two.data_dir.mkdir(parents=True)
    two.config_dir.mkdir()
    restore = ["restore", "--from", folders[1], "--keys-from", folders[3], "--stdin", "--json"]
    for delay_s in (0.8, 1.2, 1.6):
        _killed(two, restore, delay_s, typed=PASSPHRASE)
        vault = two.data_dir / "vault"
        if (vault / "seal.json").exists():
            return  # it was done before it was killed
    wait_until(lambda: two.cli(*restore, typed=PASSPHRASE + "\n").returncode in (0, 3), "cannot be restored")
    assert (two.data_dir / "vault" / "seal.json").exists()


def _killed(keep: KeepProcess, arguments: list[str], delay_s: float, typed: str = "") -> None:
    own = {"FACEKEEP_CONFIG": str(keep.config_dir), "FACEKEEP_DATA": str(keep.data_dir)}
    command = [sys.executable, "-c", "from facekeep.cli.main import main; main()", *arguments]
    process = subprocess.Popen(command, env={**environ, **own}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(typed.encode() + b"\n")
    process.stdin.close()
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _killed_vault_meanwhile(keep: KeepProcess, folders: Sequence[str]) -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(keep.cli("backup", *folders).returncode))
    thread.start()
    time.sleep(0.9)
    keep.kill_vault()
    thread.join()
    assert results[0] in (0, 5)
    keep.start_vault()
    assert not list((keep.data_dir / "vault").glob("backup-*.db")) or results[0] == 5
    backed_up(keep, folders)
    assert not list((keep.data_dir / "vault").glob("backup-*.db"))
