"""Thefts of disks, backups and shares: bytes are copied away, and read somewhere else."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from keep_process import KeepProcess

from facekeep.errors import FacekeepError
from facekeep.service import administration
from thefts.asking import Theft, facekeep, refused
from thefts.stage import Stage
from thefts.stolen import Reader


def stolen_store(stage: Stage) -> Theft:
    """The records database and the folder of blobs, copied while people work."""
    reader, begins_at, loot = Reader(stage), stage.later(), _empty(stage, "store")
    with stage.traffic.at_work():
        stage.pause(minutes=1)
        _copied(stage.keep.settings.store_dir, loot)
    assert (loot / "records.sqlite3").stat().st_size
    return Theft("stolen store database", reader.holds(loot), begins_at, stage.later(), ("--tier", "store"))


def stolen_backup(stage: Stage) -> Theft:
    """The folder of a backup that was made last night, without the folder of its keys."""
    reader, folders = Reader(stage), _backup(stage, "backup")
    begins_at, loot = stage.later(), _empty(stage, "backup")
    with stage.traffic.at_work():
        stage.pause(minutes=1)
        _copied(folders[0], loot)
    assert "backup_expired" in _restore(stage, loot, _empty(stage, "no keys"))
    return Theft("stolen backup", reader.holds(loot), begins_at, stage.later(), ("--tier", "backup"))


def backup_with_expired_keys(stage: Stage) -> Theft:
    """A backup and the folder of its keys, after the horizon: by then the key files are destroyed."""
    reader, folders = Reader(stage), _backup(stage, "old backup")
    assert facekeep(stage, "backup", "expire", "--keys-to", folders[1])["expired"] == 1
    begins_at, loot = stage.later(), _empty(stage, "old backup")
    with stage.traffic.at_work():
        stage.pause(minutes=1)
        for folder in folders:
            _copied(folder, loot / folder.name)
    assert "backup_expired" in _restore(stage, loot / folders[0].name, loot / folders[1].name)
    return Theft("backup with expired keys", reader.holds(loot), begins_at, stage.later(), ("--tier", "backup"))


def sealed_vault_disk(stage: Stage) -> Theft:
    """The vault's folder, tried with passphrases and key files that somebody might have chosen."""
    reader, begins_at, loot = Reader(stage), stage.later(), _vaults_disk(stage, "vault")
    with _opened_elsewhere(loot) as copy:
        for guess in ("facekeep", "password", "correct horse battery staple"):
            assert _tried(partial(administration.unseal_with_passphrase, copy.settings, guess))
        assert administration.state(copy.settings).state == "sealed"
    return Theft("vault disk stolen sealed", reader.holds(loot), begins_at, stage.later(), ("--tier", "vault-disk"))


def one_leaked_share(stage: Stage) -> Theft:
    """One word share and the vault's folder; the share is given three times."""
    return _with_shares(stage, "leaked unseal share", *[stage.keep.shares[0]] * 3)


def two_leaked_shares(stage: Stage) -> Theft:
    """Two word shares and the vault's folder, given in both orders."""
    first, second = stage.keep.shares[3:5]
    return _with_shares(stage, "two leaked shares", first, second, first)


def _with_shares(stage: Stage, name: str, *shares: str) -> Theft:
    reader, begins_at, loot = Reader(stage), stage.later(), _vaults_disk(stage, name)
    with stage.traffic.at_work(), _opened_elsewhere(loot) as copy:
        stage.pause(minutes=1)
        for share in shares:
            _tried(partial(administration.give_share, copy.settings, share))
            assert administration.state(copy.settings).state == "sealed"
    return Theft(name, reader.holds(loot), begins_at, stage.later(), ("--tier", "share", "--tier", "vault-disk"))


class _opened_elsewhere:
    """A vault of the thief's own over a copied disk, ended after the block."""

    def __init__(self, loot: Path) -> None:
        self._keep = KeepProcess(loot, loot.parent / f"{loot.name} config")

    def __enter__(self) -> KeepProcess:
        self._keep._spawn_vault()
        return self._keep

    def __exit__(self, *_: object) -> None:
        self._keep.destroy()


def _tried(attempt: Callable[[], object]) -> str:
    """The code that an attempt to open a vault is refused with; empty where it was taken."""
    try:
        attempt()
    except FacekeepError as error:
        return str(error.code)
    return ""


def _backup(stage: Stage, name: str) -> tuple[Path, Path]:
    folders = stage.folder / f"{name} made", stage.folder / f"{name} made keys"
    facekeep(stage, "backup", "--to", folders[0], "--keys-to", folders[1])
    return folders


def _restore(stage: Stage, source: Path, keys: Path) -> str:
    keys.mkdir(exist_ok=True)
    return refused(stage.folder / "thief's keep", "restore", "--from", source, "--keys-from", keys, "--stdin")


def _vaults_disk(stage: Stage, name: str) -> Path:
    loot = _empty(stage, name)
    _copied(stage.keep.settings.vault_dir, loot / "vault")
    return loot


def _empty(stage: Stage, name: str) -> Path:
    return stage.folder / "loot" / name


def _copied(folder: Path, to: Path) -> Path:
    """A copy of a running keep's folder, as far as its files stay while they are read."""
    for path in (one for one in sorted(folder.rglob("*")) if one.is_file()):
        target = to / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, target)
        except FileNotFoundError:
            continue  # replaced meanwhile
    return to
