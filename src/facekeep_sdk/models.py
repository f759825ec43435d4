"""What the server answers and what it is sent, as frozen dataclasses.

Unknown members of an answer are ignored, so that an older client works with a newer server. Dates are ISO 8601 text.
`entry` is the number, among the organization's own, of the log entry that the server wrote before it answered.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

PhotoSource = bytes | Path | str
WhichFace = Literal["only", "main", "largest", "all"]


@dataclass(frozen=True, slots=True)
class Box:
    """A face on the upright photo, in pixels."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be done with a collection; fixed at creation. None leaves a choice to the server."""

    keep_photos: bool = False
    minimum_quality: int = 25
    top_k: int = 10
    evaluation: bool = False
    score_floor: float | None = None
    exposure_limit: int | None = None
    score_step: float = 0.01
    case_required: bool = True
    approval_required: bool = False
    searches_a_day: int | None = None
    reveal_required: bool = True


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo to enroll. `content` is the bytes or a path; `which_face` says what to do when it shows several faces.

    The file's own name is not sent; `photo_name` is what the server shows instead.
    """

    content: PhotoSource
    person_id: str | None = None
    person_name: str | None = None
    source: str = ""
    license: str = ""
    legal_basis: str = ""
    captured_at: str = ""
    retain_until: str = ""
    photo_name: str = ""
    which_face: WhichFace = "only"
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed note over the whole log, and the key that signs, both in C2SP text form.

    `handovers` are the notes by which each earlier key of the log named the next, oldest first.
    """

    note: str
    verifier_key: str
    handovers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a keep: `state` is open, waiting, sealed, uninitialized or unreachable."""

    state: str
    version: str = ""
    model: dict[str, Any] = field(default_factory=dict)
    unseal_method: str = ""
    trial: bool = False
    quarantined: bool = False
    index: dict[str, int] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A gallery with a policy, pinned to one face model."""

    collection_id: str
    name: str
    model: str
    dimension: int
    policy: Policy
    faces: int
    persons: int
    created_at: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person and the number of enrolled faces."""

    person_id: str
    collection_id: str
    name: str
    faces: int


@dataclass(frozen=True, slots=True)
class Face:
    """An enrolled face with its provenance. `quality` is 0 to 100."""

    face_id: str
    person_id: str
    collection_id: str
    person_name: str | None = None
    box: Box | None = None
    quality: int = 0
    quality_reasons: tuple[str, ...] = ()
    source: str = ""
    license: str = ""
    legal_basis: str = ""
    captured_at: str = ""
    retain_until: str = ""
    photo_name: str = ""
    enrolled_at: str = ""
    has_photo: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one photo of a batch was not enrolled."""

    code: str
    title: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PhotoOutcome:
    """What became of one photo: its enrolled faces, or the reason it was refused."""

    photo_name: str
    faces: tuple[Face, ...] = ()
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One outcome a photo, in the order sent. `entry` is None when nothing was enrolled."""

    photos: tuple[PhotoOutcome, ...]
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face found on a photo. `landmarks` are five (x, y) pairs in pixels."""

    box: Box
    landmarks: tuple[tuple[float, float], ...] = ()
    detector_score: float = 0.0
    quality: int = 0
    quality_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detection:
    """Every face on a photo, largest first, and advice for a better photo."""

    width: int
    height: int
    faces: tuple[DetectedFace, ...]
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """The face that was searched for."""

    box: Box | None = None
    quality: int = 0
    quality_reasons: tuple[str, ...] = ()
    face_index: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead, never an identification. `one_in` n: about one stranger's search in n shows such a score here.

    A search in a case makes it the lead `lead_id`. `person_name`, `source` and `legal_basis` are None until it is
    `revealed`. `years_apart` is between the two photos, None where a date is not known.
    """

    rank: int
    face_id: str
    person_id: str
    person_name: str | None
    score: float
    one_in: float | None = None
    meaning: str = ""
    source: str | None = None
    captured_at: str = ""
    quality: int = 0
    quality_reasons: tuple[str, ...] = ()
    legal_basis: str | None = None
    lead_id: str | None = None
    revealed: bool = True
    years_apart: float | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A candidate list, score descending. `gallery` is the number of faces searched, `floor` the applied score floor.

    `withheld` counts records that were not shown because they were searched for too often.
    """

    candidates: tuple[Candidate, ...]
    gallery: int
    floor: float
    withheld: int = 0
    entry: int | None = None
    probe: Probe | None = None
    faces_found: tuple[DetectedFace, ...] = ()
    checkpoint: Checkpoint | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """How alike two faces are, and how rare such a score is between strangers.

    `score` is None where it lies below what the collection shows.
    """

    score: float | None
    one_in: float | None = None
    meaning: str = ""
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of forgetting: what is gone at once, and after how many hours the keeper's own backups have rolled over."""

    forgotten: int
    entry: int | None = None
    backup_horizon_hours: int = 0


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of the log that belongs to the caller's organization, `entry` its number there: 0, 1, 2, no gap."""

    entry: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """RFC 6962 hashes, in base64, for the tree of `size`; in a proof of one entry also its leaf hash and place."""

    hashes: tuple[str, ...]
    size: int
    leaf_hash: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class LogCheck:
    """The log was checked: it has `size` leaves now, extends the `previous_size` seen before (0: first look).

    `entries` counts the entries of one's own whose place in the log was proved in the same check, `waiting` those that
    the server says will be in the next checkpoint. The size counts padding too, and says nothing of use.
    """

    size: int
    root: str
    origin: str
    previous_size: int
    checkpoint: Checkpoint
    entries: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """The organization's `entry` is in the log of `checkpoint`: checked here, and enough for anybody else to check."""

    entry: int
    proof: Proof
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Export:
    """An export was begun; `entry` is the log entry that says so, and its last."""

    entry: int


@dataclass(frozen=True, slots=True)
class ExportedEntry:
    """A leaf at its place in the tree, the key that opens it and no other, and its inclusion proof; all in base64."""

    index: int
    leaf: str
    key: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Entries of an export, proved in the tree of `size`; `note` is its checkpoint where no size was asked for."""

    note: str
    size: int
    entries: tuple[ExportedEntry, ...]
    next_start: int | None = None


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """An export was checked: all `entries` from 0 on are there, up to the export itself, at `exported_at`.

    `acts` counts the entries of each act; `size` and `root` are those of the signed checkpoint they are proved in.
    """

    entries: int
    first_at: str
    exported_at: str
    size: int
    root: str
    origin: str
    acts: dict[str, int]


@dataclass(frozen=True, slots=True)
class CosignedCheckpoint:
    """A checkpoint that passed `check_log`, and when each witness, by its key, cosigned it (Unix seconds)."""

    checkpoint: Checkpoint
    cosigned_at: dict[str, int]
