"""A whole keep of its own for the length of a run, in a temporary folder that is removed afterwards.

Everything but the door is real: a vault process opened with a key file, a store on disk, the local search engine, faces
workers. The folder is readable by its owner only; after a kill -9 it stays behind, its key file beside it, and may be
deleted by hand (`facekeep-private-…` in the system's folder for temporary files).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TypeVar

from facekeep.service.keep import Keep, open_keep
from facekeep.service.processes import running_vault
from facekeep.settings import FacesSettings, SearchSettings, Settings
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import Initialize, Initialized, Message, Status, Unseal

A = TypeVar("A", bound=Message)


@dataclass(frozen=True, slots=True)
class PrivateKeep:
    """The keep and the one credential to it."""

    keep: Keep
    api_key: str


@contextmanager
def private_keep(
    faces: FacesSettings, *, search: SearchSettings | None = None, report: Callable[[str], None] = print
) -> Iterator[PrivateKeep]:
    """Yield a fresh, open keep. `report` hears of the vault's misfortunes.

    Raises
    ------
    FacekeepError
        The vault does not start, or the models are not the pinned ones.
    """
    with private_settings(faces, search=search) as settings, running_vault(settings, report):
        api_key = initialize(settings)
        with open_keep(settings) as keep:
            yield PrivateKeep(keep, api_key)


@contextmanager
def private_settings(faces: FacesSettings, *, search: SearchSettings | None = None) -> Iterator[Settings]:
    """Settings of a keep that is still to be made, in a folder that is removed with everything in it."""
    with TemporaryDirectory(prefix="facekeep-private-") as folder:
        settings = Settings(data_dir=Path(folder) / "keep", faces=faces, search=search or SearchSettings())
        settings.data_dir.mkdir(mode=0o700)
        try:
            yield settings
        finally:
            rmtree(settings.run_dir, ignore_errors=True)  # lies elsewhere where the path is too long for a socket


def initialize(settings: Settings) -> str:
    """Make and open the running vault, its key file beside the data folder; returns the API key."""
    request = Initialize(
        method="key_file", organization="Private run", member="operator", key_file=str(key_file(settings))
    )
    return _operate(settings, request, Initialized).api_key


def unseal(settings: Settings) -> None:
    """Open the vault again after it was started anew."""
    _operate(settings, Unseal(key_file=str(key_file(settings))), Status)


def key_file(settings: Settings) -> Path:
    """Where the key of a private keep lies."""
    return settings.data_dir.parent / "unseal.key"


def _operate(settings: Settings, request: Message, expected: type[A]) -> A:
    vault = VaultClient(settings.admin_socket)
    try:
        return vault.call(request, expected)
    finally:
        vault.close()
