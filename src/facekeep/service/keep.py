"""A running keep: the vault's client, the store, the search engine and the faces workers, wired together once.

Use-cases take a `Keep` first and hold no state of their own. Nothing here holds a key.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from facekeep.faces import FaceWorkers
from facekeep.search.local import LocalSearch
from facekeep.service.cosignatures import Cosignatures
from facekeep.settings import Settings
from facekeep.store import Store
from facekeep.vault.client import VaultClient


@dataclass(frozen=True, slots=True)
class Chores:
    """How a use-case asks for housekeeping: `turn` lets one thread do it at a time, `wake` asks for it soon.

    `look_out` asks that new faces be compared with standing searches, and that what is due be delivered.
    """

    turn: threading.Lock = field(default_factory=threading.Lock)
    wake: threading.Event = field(default_factory=threading.Event)
    look_out: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The idempotent requests being carried out now, so that a repeated one waits for the first one's answer."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    digests: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Keep:
    """Everything a use-case needs besides the caller's session."""

    settings: Settings
    vault: VaultClient
    store: Store
    search: LocalSearch
    faces: FaceWorkers
    chores: Chores = field(default_factory=Chores)
    under_way: UnderWay = field(default_factory=UnderWay)
    cosignatures: Cosignatures = field(default_factory=Cosignatures)


@contextmanager
def open_keep(settings: Settings) -> Iterator[Keep]:
    """A keep that is ready for use-cases, closed at the end.

    The vault need not be running yet: calls answer `vault_unreachable` until it is.

    Raises
    ------
    FacekeepError
        The store cannot be opened, or the models are not the pinned ones.
    """
    with ExitStack() as stack:
        vault = VaultClient(settings.vault_socket)
        stack.callback(vault.close)
        store = Store(settings.store, settings.store_dir, settings.cache_dir)
        stack.callback(store.close)
        store.migrate()
        faces = stack.enter_context(FaceWorkers(settings.faces, settings.cache_dir))
        search = LocalSearch(store.block_path, settings.search.threads)
        yield Keep(settings, vault, store, search, faces)
