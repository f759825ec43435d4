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

from facekeep.service.keep import Keep, open_keep
from facekeep.service.processes import running_vault
from facekeep.settings import FacesSettings, SearchSettings, Settings
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import Initialize, Initialized


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
    with TemporaryDirectory(prefix="facekeep-private-") as folder:
        settings = Settings(data_dir=Path(folder) / "keep", faces=faces, search=search or SearchSettings())
        settings.data_dir.mkdir(mode=0o700)
        try:
            with running_vault(settings, report):
                api_key = _initialize(settings, Path(folder) / "unseal.key")
                with open_keep(settings) as keep:
                    yield PrivateKeep(keep, api_key)
        finally:
            rmtree(settings.run_dir, ignore_errors=True)  # lies elsewhere where the path is too long for a socket


def _initialize(settings: Settings, key_file: Path) -> str:
    vault = VaultClient(settings.admin_socket)
    try:
        request = Initialize(method="key_file", organization="Private run", member="operator", key_file=str(key_file))
        return vault.call(request, Initialized).api_key
    finally:
        vault.close()
