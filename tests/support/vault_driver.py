"""A real vault process and the least that talks to it: a store in a dictionary and a search node over its blocks."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import shake_256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facekeep import settings
from facekeep.errors import FacekeepError, Unavailable
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.vault import wire
from facekeep.vault.client import VaultClient

CONTRACT = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 128)
WITHOUT_CASE = wire.Policy(case_required=False)
EVALUATION = wire.Policy(evaluation=True, score_floor=-1.0, exposure_limit=1_000_000, top_k=100)


def unit(name: str, dimension: int = 128) -> NDArray[np.float32]:
    """A unit vector that depends on `name` alone, float32 (D,)."""
    words = np.frombuffer(shake_256(name.encode()).digest(4 * dimension), dtype="<i4").astype(np.float64)
    return (words / np.linalg.norm(words)).astype(np.float32)


def near(base: NDArray[np.float32], name: str, cosine: float) -> NDArray[np.float32]:
    """A unit vector at exactly `cosine` from `base`."""
    other = unit(name, len(base)).astype(np.float64)
    other -= base * (other @ base)
    other /= np.linalg.norm(other)
    return (cosine * base + np.sqrt(1 - cosine**2) * other).astype(np.float32)


@dataclass
class VaultDriver:
    """A vault process under `data`, with everything a server would do in a few lines."""

    data: Path
    process: subprocess.Popen[bytes] | None = None
    cells: dict[str, wire.Cell] = field(default_factory=dict)
    blocks: dict[str, bytes] = field(default_factory=dict)
    api_key: str = ""
    session: str = ""

    @property
    def key_file(self) -> Path:
        return self.data.parent / "unseal.key"

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "facekeep.vault", "--data", str(self.data)])
        chosen = settings.load(self.data)
        self.server = VaultClient(chosen.vault_socket)
        self.operator = VaultClient(chosen.admin_socket)
        deadline = time.monotonic() + 90  # the first start compiles kernels
        while True:
            try:
                self.server.call(wire.GetStatus(), wire.Status)
                return
            except Unavailable:
                assert time.monotonic() < deadline, "the vault did not start"
                time.sleep(0.02)

    def initialize(self) -> None:
        message = wire.Initialize(
            method="key_file", organization="Bureau of Lost Umbrellas", member="Op", key_file=str(self.key_file)
        )
        self.api_key = self.operator.call(message, wire.Initialized).api_key
        self.sign_in()

    def sign_in(self) -> None:
        answer = self.server.call(wire.Authenticate(untrusted_credential=self.api_key), wire.SessionOpened)
        self.session = answer.session

    def unseal(self) -> None:
        self.operator.call(wire.Unseal(key_file=str(self.key_file)), wire.Status)
        self.sign_in()

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.server.close()
        self.operator.close()

    def restart(self) -> None:
        self.start()
        self.unseal()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self.server.close()
        self.operator.close()

    def collection(self, name: str = "gallery", policy: wire.Policy | None = None, dimension: int = 128) -> str:
        contract = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", dimension)
        message = wire.CreateCollection(
            session=self.session, name=name, contract=contract, policy=policy or WITHOUT_CASE
        )
        return self.server.call(message, wire.CollectionShown).collection.collection_id

    def seal(self, collection: str, people: dict[str, Sequence[NDArray[np.float32]]]) -> wire.SealedBatch:
        drafts = tuple(
            wire.FaceDraft(
                template=template.tobytes(),
                crop=b"\xff\xd8 crop of " + name.encode(),
                facts=wire.FaceFacts(source=f"album of {name}"),
                person_name=name,
            )
            for name, templates in people.items()
            for template in templates
        )
        message = wire.SealFaces(session=self.session, collection_id=collection, faces=drafts)
        return self.server.call(message, wire.SealedBatch)

    def put(self, batch: wire.SealedBatch) -> None:
        self.cells |= {cell.cell_id: cell for cell in batch.cells}
        if batch.block is not None:
            self.blocks[batch.block.block_id] = batch.block_bytes

    def enroll(self, collection: str, people: dict[str, Sequence[NDArray[np.float32]]]) -> tuple[wire.FacePlace, ...]:
        batch = self.seal(collection, people)
        self.put(batch)
        self.server.call(wire.CommitBatch(session=self.session, batch_id=batch.batch_id), wire.Done)
        return batch.places

    def grant(self, collections: Sequence[str], probes: NDArray[np.float32], **more: object) -> wire.Grant:
        message = wire.GrantSearch(
            session=self.session, collection_ids=tuple(collections), probes=probes.tobytes(), **more
        )
        return self.server.call(message, wire.Grant)

    def scan(self, grant: wire.Grant) -> NDArray[np.int32]:
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension)
        blocks = [parse_block(self.blocks[one.block_id])[1] for one in grant.blocks]
        return scan_reference(blocks, probes) if blocks else np.zeros((len(probes), 0), np.int32)

    def open(self, grant: wire.Grant, sums: NDArray[np.int32]) -> wire.Candidates:
        message = wire.OpenSums(session=self.session, grant_id=grant.grant_id, sums=sums.astype("<i4").tobytes())
        return self.server.call(message, wire.Candidates)

    def search(self, collection: str, probe: NDArray[np.float32], **more: object) -> wire.CandidateList:
        grant = self.grant([collection], probe.reshape(1, -1), **more)
        return self.open(grant, self.scan(grant)).lists[0]

    def forget(self, *face_ids: str) -> wire.Forgotten:
        answer = self.server.call(wire.ForgetFaces(session=self.session, face_ids=face_ids), wire.Forgotten)
        self.housekeep()
        return answer

    def housekeep(self, *, after_forget_only: bool = False) -> int:
        jobs = 0
        while (job := self.next_job(after_forget_only, anew=jobs == 0)).job_id is not None:
            cells = tuple(self.cells[cell_id] for cell_id in job.cell_ids)
            batch = self.server.call(wire.Reseal(job_id=job.job_id, cells=cells), wire.SealedBatch)
            self.put(batch)
            self.server.call(wire.CommitBatch(session=None, batch_id=batch.batch_id), wire.Done)
            jobs += 1
        self.collect_garbage()
        return jobs

    def next_job(self, after_forget_only: bool = False, *, anew: bool = False) -> wire.ResealJob:
        return self.server.call(wire.NextReseal(after_forget_only=after_forget_only, anew=anew), wire.ResealJob)

    def collect_garbage(self) -> wire.Garbage:
        garbage = self.server.call(wire.GetGarbage(), wire.Garbage)
        for cell_id in garbage.cell_ids:
            self.cells.pop(cell_id, None)
        for block_id in garbage.block_ids:
            self.blocks.pop(block_id, None)
        self.server.call(wire.GarbageGone(cell_ids=garbage.cell_ids, block_ids=garbage.block_ids), wire.Done)
        return garbage

    def log(self) -> list[wire.LogEntry]:
        page = self.server.call(wire.ReadLog(session=self.session, start=0, limit=1_000), wire.LogPage)
        return list(page.entries)


@contextmanager
def running_vault(folder: Path) -> Iterator[VaultDriver]:
    """A fresh, initialized vault process; stopped at the end."""
    driver = VaultDriver(folder / "keep")
    driver.data.mkdir(mode=0o700)
    driver.start()
    try:
        driver.initialize()
        yield driver
    finally:
        driver.stop()


def code_of(call: object, *arguments: object, **more: object) -> str:
    """The code of the error that a call raises; fails when it raises none."""
    try:
        call(*arguments, **more)  # type: ignore[operator]
    except FacekeepError as error:
        return error.code
    raise AssertionError("expected a refusal, got an answer")


