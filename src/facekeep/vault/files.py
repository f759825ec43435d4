"""Which file the vault's database is: that of the generation that the seal names, and no other.

Generation 0 is `vault.db`; each rotation of the root key makes the next, `vault-1.db` and so on. `seal.json` is what
counts: replacing it is the one moment at which a rotation happens. A file of an earlier generation is one that a
rotation had no time to remove. One of a later generation is a copy that a rotation never came to use, or what is left
where somebody set `seal.json` back: it is put aside, because it might be all there is.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from facekeep.errors import Code, Tampered
from facekeep.vault.database import Database
from facekeep.vault.keys import derive

_SUFFIXES = ("", "-wal", "-shm", "-journal")


def database_path(folder: Path, generation: int) -> Path:
    """The database of a generation."""
    return folder / (f"vault-{generation}.db" if generation else "vault.db")


def database_key(root: bytes) -> bytes:
    """The key of the database that hangs on this root key."""
    return derive(root, "database")


def open_database(folder: Path, generation: int, root: bytes) -> Database:
    """The vault's database, made where the vault is new.

    Raises
    ------
    Tampered
        `database_altered`: it is missing, which `seal.json` says it must not be; or it fails its authentication.
    """
    path = database_path(folder, generation)
    if not path.exists() and (generation or (folder / "seal.json").exists()):
        raise Tampered(Code.DATABASE_ALTERED, f"{path.name}, which seal.json names, is missing")
    return Database(path, database_key(root))


def remove(folder: Path, generation: int) -> None:
    """Remove the database of a generation, with what lies beside it."""
    for path in _files(folder, generation):
        path.unlink(missing_ok=True)


def remove_others(folder: Path, generation: int) -> None:
    """Remove databases of earlier generations, put aside those of later ones. What cannot be removed stays for later.

    Call it when the one of `generation` is open, so that nothing is touched for a seal that does not fit.
    """
    with suppress(OSError):
        for other in _generations(folder):
            if other < generation:
                remove(folder, other)
            elif other > generation:
                _put_aside(folder, other)


def put_aside(folder: Path, paths: list[Path]) -> None:
    """Move files out of the way, into a folder of their own."""
    aside = folder / f"unfinished-{os.urandom(4).hex()}"
    for path in paths:
        if path.exists():
            aside.mkdir(mode=0o700, exist_ok=True)
            path.rename(aside / path.name)


def _put_aside(folder: Path, generation: int) -> None:
    put_aside(folder, _files(folder, generation))


def _files(folder: Path, generation: int) -> list[Path]:
    path = database_path(folder, generation)
    return [path.with_name(path.name + suffix) for suffix in _SUFFIXES]


def _generations(folder: Path) -> Iterator[int]:
    """Generations of which there is a database."""
    for path in list(folder.glob("vault*.db")):
        number = path.stem.removeprefix("vault").removeprefix("-") or "0"
        if number.isascii() and number.isdecimal() and path == database_path(folder, int(number)):
            yield int(number)
