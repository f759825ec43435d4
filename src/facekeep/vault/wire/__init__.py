"""What may be said to the vault and what it may answer: every message, its limits, and its framing.

A frame is a 4-byte big-endian length and that many bytes of MessagePack holding one tagged message. Arrays travel as
raw little-endian C-order bytes; their shape follows from the other fields and is checked against the length before
use. There are two doors: the server's socket takes `ServerRequest`, the operator's socket takes `OperatorRequest`. No
message of the server's lists organizations or members.
"""

from facekeep.vault.wire.base import (
    MAX_FACES_A_BATCH,
    MAX_FRAME_BYTES,
    MAX_PROBES,
    Done,
    Failure,
    GetStatus,
    Id,
    Message,
    Name,
    Page,
    Status,
    Text,
)
from facekeep.vault.wire.enrolling import (
    Block,
    Cell,
    CommitBatch,
    FaceDraft,
    FaceFacts,
    ForgetFaces,
    ForgetPerson,
    Forgotten,
    Garbage,
    GarbageGone,
    GetGarbage,
    NextReseal,
    OpenCells,
    OpenedCells,
    RecallAnswer,
    Recalled,
    Remember,
    Reseal,
    ResealJob,
    SealedBatch,
    SealFaces,
)
from facekeep.vault.wire.frames import receive, send
from facekeep.vault.wire.galleries import (
    CollectionPage,
    CollectionShown,
    CollectionView,
    Contract,
    CreateCollection,
    CreatePerson,
    DeleteCollection,
    FacePage,
    FacePlace,
    FaceShown,
    ListCollections,
    ListFaces,
    ListPersons,
    PersonPage,
    PersonPlace,
    PersonShown,
    Policy,
    ShowCollection,
    ShowFace,
    ShowPerson,
)
from facekeep.vault.wire.operating import (
    ApiKeyIssued,
    ClearQuarantine,
    Initialize,
    Initialized,
    InstallScoreTable,
    IssueApiKey,
    Seal,
    Unseal,
)
from facekeep.vault.wire.reading_log import (
    Checkpoint,
    GetCheckpoint,
    LogEntry,
    LogPage,
    Proof,
    ProveConsistency,
    ProveEntry,
    ReadLog,
)
from facekeep.vault.wire.searching import (
    Candidate,
    CandidateList,
    Candidates,
    Compare,
    Compared,
    Grant,
    GrantSearch,
    OpenSums,
)
from facekeep.vault.wire.signing_in import Authenticate, EndSession, SessionOpened

__all__ = [
    "MAX_FACES_A_BATCH",
    "MAX_FRAME_BYTES",
    "MAX_PROBES",
    "Answer",
    "ApiKeyIssued",
    "Authenticate",
    "Block",
    "Candidate",
    "CandidateList",
    "Candidates",
    "Cell",
    "Checkpoint",
    "ClearQuarantine",
    "CollectionPage",
    "CollectionShown",
    "CollectionView",
    "CommitBatch",
    "Compare",
    "Compared",
    "Contract",
    "CreateCollection",
    "CreatePerson",
    "DeleteCollection",
    "Done",
    "EndSession",
    "FaceDraft",
    "FaceFacts",
    "FacePage",
    "FacePlace",
    "FaceShown",
    "Failure",
    "ForgetFaces",
    "ForgetPerson",
    "Forgotten",
    "Garbage",
    "GarbageGone",
    "GetCheckpoint",
    "GetGarbage",
    "GetStatus",
    "Grant",
    "GrantSearch",
    "Id",
    "Initialize",
    "Initialized",
    "InstallScoreTable",
    "IssueApiKey",
    "ListCollections",
    "ListFaces",
    "ListPersons",
    "LogEntry",
    "LogPage",
    "Message",
    "Name",
    "NextReseal",
    "OpenCells",
    "OpenSums",
    "OpenedCells",
    "OperatorRequest",
    "Page",
    "PersonPage",
    "PersonPlace",
    "PersonShown",
    "Policy",
    "Proof",
    "ProveConsistency",
    "ProveEntry",
    "ReadLog",
    "RecallAnswer",
    "Recalled",
    "Remember",
    "Reseal",
    "ResealJob",
    "Seal",
    "SealFaces",
    "SealedBatch",
    "ServerRequest",
    "SessionOpened",
    "ShowCollection",
    "ShowFace",
    "ShowPerson",
    "Status",
    "Text",
    "Unseal",
    "receive",
    "send",
]

ServerRequest = (
    GetStatus | Authenticate | EndSession | CreateCollection | ListCollections | ShowCollection | DeleteCollection
    | CreatePerson | ListPersons | ShowPerson | ListFaces | ShowFace | SealFaces | CommitBatch | RecallAnswer
    | OpenCells | GrantSearch | OpenSums | Compare | ForgetFaces | ForgetPerson | NextReseal | Reseal | GetGarbage
    | GarbageGone
    | ReadLog | GetCheckpoint | ProveEntry | ProveConsistency
)  # fmt: skip

OperatorRequest = (
    GetStatus | Initialize | Unseal | Seal | ClearQuarantine | InstallScoreTable | IssueApiKey | GetCheckpoint
)  # fmt: skip

Answer = (
    Failure | Done | Status | SessionOpened | CollectionPage | CollectionShown | PersonPage | PersonShown | FacePage
    | FaceShown | SealedBatch | Recalled | OpenedCells | Grant | Candidates | Compared | Forgotten | ResealJob | Garbage
    | LogPage | Checkpoint | Proof | Initialized | ApiKeyIssued
)  # fmt: skip
