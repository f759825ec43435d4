"""Sealing faces, opening cells, forgetting, and the housekeeping that follows."""

from typing import Annotated

import msgspec

from facekeep.terms import BatchId, BlockId, Box, CellId, CellKind, JobId, PersonId, SessionToken
from facekeep.vault.wire.base import MAX_FACES_A_BATCH, Id, Message, Page, Text
from facekeep.vault.wire.galleries import FacePlace, PersonPlace


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An encrypted cell; see `terms.SealedCell`."""

    cell_id: CellId
    kind: CellKind
    ciphertext: bytes


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A live block: n slots and the SHA-256 of the block file."""

    block_id: BlockId
    slots: Annotated[int, msgspec.Meta(ge=1, le=2048)]
    digest: bytes


class FaceFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is recorded of an enrolled face, readable only through the vault. Dates are ISO 8601."""

    source: Text = ""
    license: Text = ""
    legal_basis: Text = ""
    captured_at: Text = ""
    retain_until: Text = ""
    photo_name: Text = ""
    box: Box | None = None
    quality: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    quality_reasons: tuple[Text, ...] = ()
    enrolled_at: Text = ""


class FaceDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One face to enroll. `template` is float32 (D,), unit length; `crop` a JPEG of at most 256 px a side.

    The person is `person_id` where known, else the one of that collection named `person_name` (made if there is none),
    else a new person without a name. `photo` is the index into `SealFaces.photos`, or None when no photo is kept.
    """

    template: bytes
    crop: bytes
    facts: FaceFacts
    person_id: PersonId | None = None
    person_name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    photo: int | None = None


class Remember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to keep with the commit, so that the same idempotency key gets the same answer for 24 hours."""

    key: Id
    request_digest: bytes
    response: Annotated[bytes, msgspec.Meta(max_length=1_000_000)]


class SealFaces(Message, frozen=True):
    """Seal a batch of faces into one new block. Nothing is live until `CommitBatch`.

    `photos` are whole photos (JPEG without metadata), kept only if the collection's policy says so.
    """

    session: SessionToken
    collection_id: Id
    faces: Annotated[tuple[FaceDraft, ...], msgspec.Meta(min_length=1, max_length=MAX_FACES_A_BATCH)]
    photos: tuple[bytes, ...] = ()


class CommitBatch(Message, frozen=True):
    """What the batch sealed is durable in the store: make it live. `remember` is stored in the same step."""

    session: SessionToken | None
    batch_id: BatchId
    remember: Remember | None = None


class SealedBatch(Message, frozen=True):
    """Ciphertext to store durably, then commit. `block` is None where only records were sealed."""

    batch_id: BatchId
    cells: tuple[Cell, ...]
    places: tuple[FacePlace, ...] = ()
    person: PersonPlace | None = None
    block: Block | None = None
    block_bytes: bytes = b""


class RecallAnswer(Message, frozen=True):
    """The remembered answer of an idempotency key, if there is one."""

    session: SessionToken
    key: Id
    request_digest: bytes


class Recalled(Message, frozen=True):
    """The remembered answer; None where there is none."""

    response: bytes | None


class OpenCells(Message, frozen=True):
    """Open cells that the caller may see; logged before the answer leaves."""

    session: SessionToken
    cells: Annotated[tuple[Cell, ...], msgspec.Meta(max_length=2_000)]


class OpenedCells(Message, frozen=True):
    """Plaintexts in the order asked. Persons and faces are JSON; templates never come this way."""

    plaintexts: tuple[bytes, ...]


class ForgetFaces(Message, frozen=True):
    """Forget faces: destroyed and never released again once this is answered; re-sealing follows."""

    session: SessionToken
    face_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class ForgetPerson(Message, frozen=True):
    """Forget a person with every face."""

    session: SessionToken
    person_id: Id


class Forgotten(Message, frozen=True):
    """Durable: those faces open for nobody. `horizon_hours` is when the vault's own backups have rolled over."""

    faces: int
    entry: int
    horizon_hours: int


class NextReseal(Message, frozen=True):
    """The next block whose survivors must be sealed anew, or small blocks worth merging. Housekeeping: no session.

    `anew` begins a round: whatever was handed out before and not brought back is to be done again. Within a round no
    block is handed out twice.
    """

    after_forget_only: bool = False
    anew: bool = False


class ResealJob(Message, frozen=True):
    """Bring these template cells to `Reseal`. `job_id` None means nothing is to be done.

    `is_rotation`: this may wait, so that searches are not disturbed all the time.
    """

    job_id: JobId | None
    cell_ids: tuple[CellId, ...] = ()
    is_rotation: bool = False


class Reseal(Message, frozen=True):
    """The template cells that a job asked for, in its order. The answer is a `SealedBatch`."""

    job_id: JobId
    cells: Annotated[tuple[Cell, ...], msgspec.Meta(max_length=MAX_FACES_A_BATCH)]


class GetGarbage(Message, frozen=True):
    """Cells and blocks that nothing opens any more; the store should delete them."""

    limit: Page = 1_000


class Garbage(Message, frozen=True):
    """What the store should delete."""

    cell_ids: tuple[CellId, ...]
    block_ids: tuple[BlockId, ...]


class GarbageGone(Message, frozen=True):
    """Those were deleted from the store."""

    cell_ids: tuple[CellId, ...]
    block_ids: tuple[BlockId, ...]
