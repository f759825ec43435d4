"""A vault in this process with one enrolled face, and a disk of which some calls can be broken, for its log alone."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from vault_driver import EVALUATION, unit

from facekeep.errors import Code, FacekeepError
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.settings import LogSettings
from facekeep.vault import wire
from facekeep.vault.keeper import Keeper

CONTRACT = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 128)
SYNC, WRITE = ("fsync", "fdatasync"), ("pwrite",)


@dataclass
class Disk:
    """The system calls that write, of which some can be broken. A hanging one hangs until the disk is mended."""

    folder: Path
    mended: threading.Event = field(default_factory=threading.Event)
    had_lost_it: bool = True  # what a hanging call comes to in the end: an error, or what it was to do
    met: int = 0

    @contextmanager
    def broken(self, names: tuple[str, ...], number: int | None) -> Iterator[None]:
        self.mended.clear()
        real = {name: getattr(os, name) for name in names}
        for name in names:
            setattr(os, name, self._breaking(real[name], number))
        try:
            yield
        finally:
            for name, call in real.items():
                setattr(os, name, call)
            self.mended.set()

    def _breaking(self, real: Callable[..., Any], number: int | None) -> Callable[..., Any]:
        def call(file: int, *rest: Any) -> Any:
            if str(self.folder) not in os.readlink(f"/proc/self/fd/{file}"):
                return real(file, *rest)
            self.met += 1
            if number is not None:
                raise OSError(number, os.strerror(number))
            self.mended.wait(60)
            if not self.had_lost_it:
                return real(file, *rest)
            raise OSError(errno.EIO, "the disk came back, and had lost it")

        return call


class Small:
    """An open vault in this process with one enrolled face, and whatever may be asked of it."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder / "vault" / "log")
        self.secret = str(folder / "key")
        self.keeper = Keeper(folder / "vault", LogSettings(interval_s=3600))
        made = self.keeper.operate(
            wire.Initialize(method="key_file", organization="O", member="M", key_file=self.secret)
        )
        assert isinstance(made, wire.Initialized)
        self._api_key = made.api_key
        self._sign_in()
        shown = self.keeper.serve(
            wire.CreateCollection(session=self.session, name="c", contract=CONTRACT, policy=EVALUATION)
        )
        assert isinstance(shown, wire.CollectionShown)
        self._collection = shown.collection.collection_id
        draft = wire.FaceDraft(template=unit("a").tobytes(), crop=b"crop", facts=wire.FaceFacts(), person_name="A")
        batch = self.keeper.serve(
            wire.SealFaces(session=self.session, collection_id=self._collection, faces=(draft,))
        )
        assert isinstance(batch, wire.SealedBatch)
        self.keeper.serve(wire.CommitBatch(session=self.session, batch_id=batch.batch_id))
        self._block = parse_block(batch.block_bytes)[1]
        self._cells = batch.cells

    def mend(self) -> None:
        """An open vault again, soon after the disk has answered whoever hung on it."""
        deadline = time.monotonic() + 30
        while self.keeper.status().state != "open":
            time.sleep(0.01)
            try:
                self.keeper.operate(wire.Unseal(key_file=self.secret))
            except FacekeepError as error:
                if error.code is not Code.BUSY or time.monotonic() > deadline:
                    raise
        self._sign_in()

    def _sign_in(self) -> None:
        opened = self.keeper.serve(wire.Authenticate(untrusted_credential=self._api_key))
        assert isinstance(opened, wire.SessionOpened)
        self.session = opened.session

    def search(self) -> wire.Message:
        """Whole: the grant, and the answer to it."""
        return self.keeper.serve(self.answered(self.granted()))

    def granted(self) -> wire.Grant:
        probe = unit("a").tobytes()
        message = wire.GrantSearch(session=self.session, collection_ids=(self._collection,), probes=probe)
        grant = self.keeper.serve(message)
        assert isinstance(grant, wire.Grant)
        return grant

    def answered(self, grant: wire.Grant) -> wire.OpenSums:
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, 128)
        sums = scan_reference([self._block], probes).astype("<i4").tobytes()
        return wire.OpenSums(session=self.session, grant_id=grant.grant_id, sums=sums)

    def read(self) -> wire.OpenCells:
        crop = next(cell for cell in self._cells if cell.kind == "crop")
        return wire.OpenCells(session=self.session, cells=(crop,))

    def compare(self) -> wire.Compare:
        face = unit("a").tobytes()
        return wire.Compare(session=self.session, contract=CONTRACT, first=face, second=face)


def outcome(small: Small, message: wire.Message) -> str:
    """The code of the refusal, or "released"."""
    try:
        small.keeper.serve(message)
    except FacekeepError as error:
        return error.code
    return "released"
