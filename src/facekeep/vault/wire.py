"""What may be said to the vault and what it may answer: every message, its limits, and its framing.

A frame is a 4-byte big-endian length and that many bytes of MessagePack holding one tagged message. Arrays travel as
raw little-endian C-order bytes; their shape follows from the other fields and is checked against the length before
use. There are two doors: the server's socket takes `ServerRequest`, the operator's socket takes `OperatorRequest`. No
message of the server's lists organizations or members.
"""

import socket
import struct
from typing import Annotated, TypeVar

import msgspec

from facekeep.errors import Code, Unavailable
from facekeep.terms import (
    BatchId,
    BlockId,
    Box,
    CellId,
    CellKind,
    CollectionId,
    FaceId,
    GrantId,
    JobId,
    PersonId,
    SessionToken,
)

MAX_FRAME_BYTES = 192 * 1024 * 1024  # the sums of one probe over 48 million templates
MAX_PROBES = 64
MAX_FACES_A_BATCH = 2048
_LENGTH = struct.Struct(">I")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Page = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, kw_only=True):
    """One message. Subclasses are tagged by their name."""


# ---- parts -----------------------------------------------------------------------------------------------------------


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model contract on the wire; see `terms.ModelContract`."""

    name: Name
    detector_sha256: Id
    embedder_sha256: Id
    alignment: Name
    dimension: Annotated[int, msgspec.Meta(ge=8, le=512)]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be done with a collection; fixed at creation.

    `top_k` is the longest candidate list (at most 100); `score_floor` None means chosen by the vault from the gallery
    size so that a stranger shows in less than one search in ten; `exposure_limit` None means D/8 distinct probes a
    principal in 30 days; `score_step` is the rounding of released scores. An `evaluation` collection may loosen the
    last three; it says so in every listing, and every act on it is logged as such.
    """

    keep_photos: bool = False
    minimum_quality: Annotated[int, msgspec.Meta(ge=0, le=100)] = 25
    top_k: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    evaluation: bool = False
    score_floor: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    exposure_limit: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    score_step: Annotated[float, msgspec.Meta(ge=0.001, le=0.1)] = 0.01


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


class FacePlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An enrolled face and the cells that hold it. `photo_cell` is None where no photo is kept."""

    face_id: FaceId
    person_id: PersonId
    collection_id: CollectionId
    face_cell: CellId
    person_cell: CellId
    template_cell: CellId
    crop_cell: CellId
    photo_cell: CellId | None


class PersonPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person and the cell that holds the name."""

    person_id: PersonId
    collection_id: CollectionId
    person_cell: CellId
    faces: int


class Candidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One released candidate: a lead, never an identification.

    `score` is a noisy cosine rounded to the collection's step; `one_in` says that about one search in `one_in` of a
    stranger in a gallery of this size would show such a score (None where the model has no table).
    """

    place: FacePlace
    score: float
    one_in: float | None


class CandidateList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Candidates of one probe, score descending, at most one face a person. `withheld` counts exhausted exposures."""

    candidates: tuple[Candidate, ...]
    withheld: int


class CollectionView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A collection as its own organization sees it."""

    collection_id: CollectionId
    name: str
    contract: Contract
    policy: Policy
    faces: int
    persons: int
    created_at: str


class LogEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One opened log entry of the caller's organization. `facts` holds ids, counts and settings, never names."""

    index: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: dict[str, str | int | float | bool | None]


class Remember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to keep with the commit, so that the same idempotency key gets the same answer for 24 hours."""

    key: Id
    request_digest: bytes
    response: Annotated[bytes, msgspec.Meta(max_length=1_000_000)]


# ---- the server's requests -------------------------------------------------------------------------------------------


class GetStatus(Message, frozen=True):
    """Sealed, open, or not initialized. Needs no session and tells nothing else."""


class Authenticate(Message, frozen=True):
    """Exchange an API key for a short session."""

    untrusted_credential: Annotated[str, msgspec.Meta(max_length=200)]


class EndSession(Message, frozen=True):
    """Forget a session at once."""

    session: SessionToken


class CreateCollection(Message, frozen=True):
    """A new, empty collection pinned to a model contract."""

    session: SessionToken
    name: Name
    contract: Contract
    policy: Policy = Policy()
    remember_key: str = ""
    remember_digest: bytes = b""


class ListCollections(Message, frozen=True):
    """Collections of the caller's organization, oldest first, after the `cursor` of the last page."""

    session: SessionToken
    cursor: str = ""
    limit: Page = 100


class ShowCollection(Message, frozen=True):
    """One collection."""

    session: SessionToken
    collection_id: Id


class DeleteCollection(Message, frozen=True):
    """Forget a collection: every key destroyed in one step."""

    session: SessionToken
    collection_id: Id


class CreatePerson(Message, frozen=True):
    """A person without faces yet. The answer is a `SealedBatch` to store and commit."""

    session: SessionToken
    collection_id: Id
    name: Annotated[str, msgspec.Meta(max_length=200)]


class ListPersons(Message, frozen=True):
    """Persons of a collection, in order of creation."""

    session: SessionToken
    collection_id: Id
    cursor: str = ""
    limit: Page = 100


class ShowPerson(Message, frozen=True):
    """One person."""

    session: SessionToken
    person_id: Id


class ListFaces(Message, frozen=True):
    """Faces of a collection, or of one person of it."""

    session: SessionToken
    collection_id: Id
    person_id: Id | None = None
    cursor: str = ""
    limit: Page = 100


class ShowFace(Message, frozen=True):
    """Where one face lies."""

    session: SessionToken
    face_id: Id


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


class RecallAnswer(Message, frozen=True):
    """The remembered answer of an idempotency key, if there is one."""

    session: SessionToken
    key: Id
    request_digest: bytes


class OpenCells(Message, frozen=True):
    """Open cells that the caller may see; logged before the answer leaves."""

    session: SessionToken
    cells: Annotated[tuple[Cell, ...], msgspec.Meta(max_length=2_000)]


class GrantSearch(Message, frozen=True):
    """Ask to search `collection_ids` with unit-length probes, float32 (p, D). Logged before the grant is given.

    `only` narrows the search to one person or face (1:N becomes 1:1). With `probe_cell` the probe is an enrolled
    face's own template: `face_id` and its cell, and `probes` is empty; that face is left out of the candidates.
    """

    session: SessionToken
    collection_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=64)]
    probes: bytes = b""
    top_k: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    score_floor: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    only: Id | None = None
    face_id: Id | None = None
    probe_cell: Cell | None = None


class OpenSums(Message, frozen=True):
    """The answer of a search node: int32 (p, total slots), blocks in the order of the grant, slots in order."""

    session: SessionToken
    grant_id: GrantId
    sums: bytes


class Compare(Message, frozen=True):
    """1:1 of two fresh templates, float32 (D,) each, that are in no gallery."""

    session: SessionToken
    contract: Contract
    first: bytes
    second: bytes


class ForgetFaces(Message, frozen=True):
    """Forget faces: destroyed and never released again once this is answered; re-sealing follows."""

    session: SessionToken
    face_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class ForgetPerson(Message, frozen=True):
    """Forget a person with every face."""

    session: SessionToken
    person_id: Id


class NextReseal(Message, frozen=True):
    """The next block whose survivors must be sealed anew, or small blocks worth merging. Housekeeping: no session.

    `anew` begins a round: whatever was handed out before and not brought back is to be done again. Within a round no
    block is handed out twice.
    """

    after_forget_only: bool = False
    anew: bool = False


class Reseal(Message, frozen=True):
    """The template cells that a job asked for, in its order. The answer is a `SealedBatch`."""

    job_id: JobId
    cells: Annotated[tuple[Cell, ...], msgspec.Meta(max_length=MAX_FACES_A_BATCH)]


class GetGarbage(Message, frozen=True):
    """Cells and blocks that nothing opens any more; the store should delete them."""

    limit: Page = 1_000


class GarbageGone(Message, frozen=True):
    """Those were deleted from the store."""

    cell_ids: tuple[CellId, ...]
    block_ids: tuple[BlockId, ...]


class ReadLog(Message, frozen=True):
    """Entries of the caller's organization, from log index `start` on."""

    session: SessionToken
    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Page = 100


class GetCheckpoint(Message, frozen=True):
    """The newest signed checkpoint and the public key that signs."""


class ProveEntry(Message, frozen=True):
    """Inclusion proof of one entry in the tree of `size` (0 means the newest checkpoint)."""

    index: Annotated[int, msgspec.Meta(ge=0)]
    size: Annotated[int, msgspec.Meta(ge=0)] = 0


class ProveConsistency(Message, frozen=True):
    """Proof that the tree of `new_size` (0 means the newest) extends the tree of `old_size`."""

    old_size: Annotated[int, msgspec.Meta(ge=0)]
    new_size: Annotated[int, msgspec.Meta(ge=0)] = 0


ServerRequest = (
    GetStatus | Authenticate | EndSession | CreateCollection | ListCollections | ShowCollection | DeleteCollection
    | CreatePerson | ListPersons | ShowPerson | ListFaces | ShowFace | SealFaces | CommitBatch | RecallAnswer
    | OpenCells | GrantSearch | OpenSums | Compare | ForgetFaces | ForgetPerson | NextReseal | Reseal | GetGarbage
    | GarbageGone
    | ReadLog | GetCheckpoint | ProveEntry | ProveConsistency
)  # fmt: skip


# ---- the operator's requests -----------------------------------------------------------------------------------------


class Initialize(Message, frozen=True):
    """Make a new vault: `method` is passphrase, shares (3 of 5) or key_file. Exactly one secret fits the method."""

    method: str
    organization: Name
    member: Name
    passphrase: str = ""
    key_file: str = ""


class Unseal(Message, frozen=True):
    """Give the passphrase, one share, or the path of the key file. Shares are given one call each."""

    passphrase: str = ""
    share: str = ""
    key_file: str = ""


class Seal(Message, frozen=True):
    """Drop every key from memory at once."""


class ClearQuarantine(Message, frozen=True):
    """Let search answers in again after an alarm was looked into."""


class InstallScoreTable(Message, frozen=True):
    """Replace the score-meaning table of one model contract (JSON as `facekeep evaluate` writes it)."""

    table: Annotated[bytes, msgspec.Meta(max_length=1_000_000)]


class IssueApiKey(Message, frozen=True):
    """A new API key for the one member; the old ones are revoked if `revoke_others`."""

    revoke_others: bool = False


OperatorRequest = (
    GetStatus | Initialize | Unseal | Seal | ClearQuarantine | InstallScoreTable | IssueApiKey | GetCheckpoint
)  # fmt: skip


# ---- answers ---------------------------------------------------------------------------------------------------------


class Failure(Message, frozen=True):
    """No. `code` is one of `errors.Code`."""

    code: str
    message: str
    entry: int | None = None


class Done(Message, frozen=True):
    """Done and durable. `entry` is the log index, -1 where nothing was asked that is logged."""

    entry: int = -1


class Status(Message, frozen=True):
    """`state` is uninitialized, sealed or open; `method` how it is unsealed; `shares_given` of a share unseal."""

    state: str
    method: str = ""
    shares_given: int = 0
    shares_needed: int = 0
    quarantined: bool = False
    version: str = ""


class SessionOpened(Message, frozen=True):
    """A session, for `expires_in_s` seconds at most."""

    session: SessionToken
    role: str
    expires_in_s: int


class CollectionPage(Message, frozen=True):
    """Collections and the cursor of the next page, empty at the end."""

    items: tuple[CollectionView, ...]
    next_cursor: str = ""


class CollectionShown(Message, frozen=True):
    """One collection."""

    collection: CollectionView
    entry: int = -1


class PersonPage(Message, frozen=True):
    """Persons and the cursor of the next page."""

    items: tuple[PersonPlace, ...]
    next_cursor: str = ""


class PersonShown(Message, frozen=True):
    """One person."""

    person: PersonPlace


class FacePage(Message, frozen=True):
    """Faces and the cursor of the next page."""

    items: tuple[FacePlace, ...]
    next_cursor: str = ""


class FaceShown(Message, frozen=True):
    """One face."""

    face: FacePlace


class SealedBatch(Message, frozen=True):
    """Ciphertext to store durably, then commit. `block` is None where only records were sealed."""

    batch_id: BatchId
    cells: tuple[Cell, ...]
    places: tuple[FacePlace, ...] = ()
    person: PersonPlace | None = None
    block: Block | None = None
    block_bytes: bytes = b""


class Recalled(Message, frozen=True):
    """The remembered answer; None where there is none."""

    response: bytes | None


class OpenedCells(Message, frozen=True):
    """Plaintexts in the order asked. Persons and faces are JSON; templates never come this way."""

    plaintexts: tuple[bytes, ...]


class Grant(Message, frozen=True):
    """What to scan: `probes` int32 (p, D) of norm 180, and the live blocks in order."""

    grant_id: GrantId
    dimension: int
    probes: bytes
    blocks: tuple[Block, ...]


class Candidates(Message, frozen=True):
    """One list a probe. `gallery` is the number of templates searched, `floor` the score floor that was applied.

    `padding` fills the answer up, so that its size does not tell how many candidates there are.
    """

    lists: tuple[CandidateList, ...]
    gallery: int
    floor: float
    entry: int
    padding: bytes = b""


class Compared(Message, frozen=True):
    """A 1:1 score rounded to 0.01, and how rare it is between two strangers: about one pair in `one_in`."""

    score: float
    one_in: float | None
    entry: int


class Forgotten(Message, frozen=True):
    """Durable: those faces open for nobody. `horizon_hours` is when the vault's own backups have rolled over."""

    faces: int
    entry: int
    horizon_hours: int


class ResealJob(Message, frozen=True):
    """Bring these template cells to `Reseal`. `job_id` None means nothing is to be done."""

    job_id: JobId | None
    cell_ids: tuple[CellId, ...] = ()


class Garbage(Message, frozen=True):
    """What the store should delete."""

    cell_ids: tuple[CellId, ...]
    block_ids: tuple[BlockId, ...]


class LogPage(Message, frozen=True):
    """Entries, and the index to go on from (None at the end)."""

    entries: tuple[LogEntry, ...]
    next_start: int | None


class Checkpoint(Message, frozen=True):
    """A C2SP signed note, and the verifier key in note format."""

    note: str
    verifier_key: str


class Proof(Message, frozen=True):
    """RFC 6962 hashes; for an entry also its 32-byte leaf hash."""

    hashes: tuple[bytes, ...]
    size: int
    leaf_hash: bytes = b""


class Initialized(Message, frozen=True):
    """Shown once: the API key, and the word shares where the method is shares."""

    api_key: str
    shares: tuple[str, ...] = ()


class ApiKeyIssued(Message, frozen=True):
    """Shown once."""

    api_key: str


Answer = (
    Failure | Done | Status | SessionOpened | CollectionPage | CollectionShown | PersonPage | PersonShown | FacePage
    | FaceShown | SealedBatch | Recalled | OpenedCells | Grant | Candidates | Compared | Forgotten | ResealJob | Garbage
    | LogPage | Checkpoint | Proof | Initialized | ApiKeyIssued
)  # fmt: skip

T = TypeVar("T")


def send(connection: socket.socket, message: Message) -> None:
    """Write one frame. Raises `unavailable` when the other side is gone."""
    payload = msgspec.msgpack.encode(message)
    try:
        connection.sendall(_LENGTH.pack(len(payload)) + payload)
    except OSError as error:
        raise Unavailable(Code.VAULT_UNREACHABLE, "the connection was lost while sending") from error


def receive(connection: socket.socket, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
    """Read one frame, or None at a clean end of the stream.

    Raises
    ------
    Unavailable
        The stream ended inside a frame.
    msgspec.DecodeError
        The bytes are no message of this door; the caller closes the connection.
    """
    head = _receive_exactly(connection, _LENGTH.size)
    if not head:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise msgspec.DecodeError("frame too long")
    return decoder.decode(_receive_exactly(connection, length))


def _receive_exactly(connection: socket.socket, length: int) -> bytearray:
    buffer = bytearray(length)
    view, got = memoryview(buffer), 0
    while got < length:
        try:
            count = connection.recv_into(view[got:])
        except OSError as error:
            raise Unavailable(Code.VAULT_UNREACHABLE, "the connection was lost while receiving") from error
        if count == 0:
            if got == 0:
                return bytearray()
            raise Unavailable(Code.VAULT_UNREACHABLE, "the connection ended inside a message")
        got += count
    return buffer
