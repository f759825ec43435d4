"""Thefts whose traces somebody tries to wipe out: the log altered, cut short, or the whole disk set back.

An altered log is reported as it is: what its entries still say, and nothing proven. One that was cut short or set back
says too little or is not opened at all: then the newest backup is brought back elsewhere, and the report is made there.
"""

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from keep_process import wait_until

from facekeep.cli import restore
from facekeep.errors import FacekeepError
from facekeep_sdk import Client, LogTampered
from thefts.asking import Theft, facekeep
from thefts.customers import Customer, id_of
from thefts.stage import ClockedKeep, Stage
from thefts.thief import HttpThief

_BUNDLE, _SLOT = 256, 1_026
_TAG = 900  # of a leaf: somewhere in its ciphertext


def altered_log(stage: Stage) -> Theft:
    """A thief with a key, who has the log's disk too, alters what was written right after, while the vault runs."""
    victim, thief, begins_at = _theft(stage)
    _grown(stage)  # what the thief did is published, whatever comes after it is what will be altered
    first = -(-_log_size(stage) // _BUNDLE)
    with stage.traffic.at_work():
        wait_until(lambda: _log_size(stage) >= (first + 1) * _BUNDLE + 64, "the log does not grow", 90)
    path = stage.keep.settings.vault_dir / "log" / "tile" / "entries" / f"{first:03d}"
    before = path.read_bytes()
    altered = bytearray(before)
    for place in range(_TAG, len(altered), _SLOT):
        altered[place] ^= 1
    path.write_bytes(altered)
    at_work = frozenset(one.organization_id for one in stage.customers)
    asked = ("--key", id_of(victim.keys["boss"]), "--tier", "api-key")
    return Theft("altered log", thief.truth, begins_at, stage.later(), asked, rest="NO EVIDENCE", of_whom=at_work,
                 set_right=partial(path.write_bytes, before))  # fmt: skip


def truncated_log(stage: Stage) -> Theft:
    """The newest part of the log is cut off. The vault does not open any more; a backup of that day is brought back."""

    def cut(data: Path) -> None:
        tail = data / "vault" / "log" / "tail"
        tail.write_bytes(tail.read_bytes()[:2_000])

    _come_near_today(stage)
    victim, thief, begins_at = _theft(stage)
    ends_at = stage.later()
    folders = _backed_up(stage)
    with _aside(stage) as put_back:
        cut(stage.keep.data_dir)
        stage.keep._spawn_vault()
        with pytest.raises(FacekeepError) as caught:
            stage.keep.unseal()
        assert caught.value.code == "log_altered"
        stage.keep.destroy()
        return _restored(stage, "truncated log", victim, thief, (begins_at, ends_at), folders, put_back)


def disk_set_back(stage: Stage) -> Theft:
    """The whole disk is set back to how it was before the theft. A client notices, and a backup is brought back."""
    _come_near_today(stage)
    yesterday = stage.folder / "yesterday"
    stage.stop()
    shutil.copytree(stage.keep.data_dir, yesterday, ignore=shutil.ignore_patterns("run"))
    stage.restart()
    victim, thief, begins_at = _theft(stage)
    ends_at, memory = stage.later(), stage.folder / "client.json"
    _grown(stage)
    with Client(stage.keep.base_url, victim.keys["auditor"], checkpoint_path=memory) as client:
        client.check_log()
    folders = _backed_up(stage)
    with _aside(stage) as put_back:
        shutil.rmtree(stage.keep.data_dir)
        shutil.copytree(yesterday, stage.keep.data_dir)
        stage.restart()
        remembering = Client(stage.keep.base_url, victim.keys["auditor"], checkpoint_path=memory)
        with remembering as client, pytest.raises(LogTampered):
            client.status()
        _proves_nothing(stage, victim, begins_at, ends_at)
        stage.stop()
        return _restored(stage, "disk set back", victim, thief, (begins_at, ends_at), folders, put_back)


def _theft(stage: Stage) -> tuple[Customer, HttpThief, str]:
    """Some reading with a stolen key, on a day with a co-signed checkpoint before it."""
    stage.pause(hours=1)
    stage.cosigned()
    victim = stage.next_victim()
    thief = HttpThief(stage, victim, victim.keys["boss"])
    begins_at = stage.later()
    with stage.traffic.at_work():
        for path in ("/v1/members", f"/v1/collections/{victim.collection}/faces?limit=4", "/v1/usage"):
            stage.pause(minutes=6)
            thief.get(path)
            thief.get(f"/v1/faces/{victim.faces[1]}/crop")
    return victim, thief, begins_at


def _proves_nothing(stage: Stage, victim: Customer, begins_at: str, ends_at: str) -> None:
    """A report from the keep that was set back finds nothing, and says that this proves nothing."""
    incident, out = facekeep(stage, "incident", "open")["incident_id"], stage.folder / "set back.json"
    asked = ("--key", id_of(victim.keys["boss"]), "--tier", "api-key", "--from", begins_at, "--to", ends_at)
    assert set(facekeep(stage, "incident", "report", incident, *asked, "--out", out)["verdicts"]) == {"NO EVIDENCE"}


def _backed_up(stage: Stage) -> tuple[Path, Path]:
    """A checkpoint of the hour after the theft, co-signed, and a backup."""
    stage.pause(hours=1)
    stage.cosigned()
    folders = stage.folder / f"kept {stage.clock.minute}", stage.folder / f"kept keys {stage.clock.minute}"
    facekeep(stage, "backup", "--to", folders[0], "--keys-to", folders[1])
    stage.pause(hours=1)
    stage.cosigned()  # the witness has seen more than the backup: from here on it signs for nobody who was set back
    return folders


@contextmanager
def _aside(stage: Stage) -> Iterator[Callable[[], None]]:
    """The keep stopped and copied aside; what is yielded puts the copy back in its place, and starts it."""
    copy, keep = stage.folder / f"aside {stage.clock.minute}", stage.keep
    stage.stop()
    shutil.copytree(keep.data_dir, copy, ignore=shutil.ignore_patterns("run"))

    def put_back() -> None:
        stage.keep.destroy()
        stage.keep = keep
        shutil.rmtree(keep.data_dir)
        shutil.copytree(copy, keep.data_dir)
        stage.restart()

    yield put_back


def _restored(
    stage: Stage,
    name: str,
    victim: Customer,
    thief: HttpThief,
    window: tuple[str, str],
    folders: tuple[Path, Path],
    put_back: Callable[[], None],
) -> Theft:
    """The backup on a clean host, with the co-signed checkpoints that anybody may keep."""
    host = stage.folder / f"host {stage.clock.minute}"
    two = ClockedKeep(host / "keep", host / "config", stage.clock)
    two.shares = stage.keep.shares
    for folder in (two.data_dir, two.config_dir):
        folder.mkdir(parents=True)
    shutil.copyfile(stage.keep.data_dir / "keep.toml", two.data_dir / "keep.toml")

    @contextmanager
    def vault(*_: object) -> Iterator[None]:
        two._spawn_vault()
        yield

    words = io.StringIO("".join(f"{share}\n" for share in two.shares[:3]))
    noted = folders[0].parent / f"cosigned {stage.clock.minute}"
    shutil.copytree(stage.keep.settings.cosigned_dir, noted)
    for extra in stage.folder.glob("aside */cosigned"):
        shutil.copytree(extra, noted, dirs_exist_ok=True)
    stage.keep = two
    with patch.object(restore.processes, "running_vault", vault), patch.object(sys, "stdin", words):
        facekeep(stage, "restore", "--from", folders[0], "--keys-from", folders[1], "--stdin")
    shutil.copytree(noted, two.settings.cosigned_dir, dirs_exist_ok=True)
    return Theft(name, thief.truth, *window, ("--key", id_of(victim.keys["boss"]), "--tier", "api-key"),
                 set_right=put_back)  # fmt: skip


def _come_near_today(stage: Stage) -> None:
    """So near that a backup of now opens: commands go by this machine's clock in that."""
    days = (datetime.now(UTC) - timedelta(days=6) - stage.clock.now) / timedelta(days=1)
    if days > 0:
        stage.pause(days=days)


def _grown(stage: Stage) -> None:
    """Wait for the next checkpoint, which has everything until now."""
    before = _log_size(stage)
    wait_until(lambda: _log_size(stage) > before, "no checkpoint", 30)


def _log_size(stage: Stage) -> int:
    """As whoever has the log's disk reads it."""
    return int((stage.keep.settings.vault_dir / "log" / "checkpoint").read_text().splitlines()[1])
