"""The shapes of requests and answers, as the OpenAPI document shows them. Unknown members of requests are refused."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from facekeep.web.parsed import ID_PATTERN

Text = Annotated[str, StringConstraints(max_length=2_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
AnyName = Annotated[str, StringConstraints(max_length=200)]
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Date = Annotated[
    str,
    StringConstraints(max_length=40, pattern=r"^$|^\d{4}(-\d{2}(-\d{2}(T[0-9:.]+(Z|[+-]\d{2}:\d{2})?)?)?)?$"),
    Field(description="ISO 8601: a year, a month, a day or a moment; may be empty.", examples=["2026-03-01"]),
]


def _is_cosine(value: float) -> float:
    if not -1 <= value <= 1:
        raise ValueError("must lie between -1 and 1")
    return value


Cosine = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_is_cosine)]
Pixels = Annotated[float, Field(allow_inf_nan=False, ge=-100_000, le=100_000)]


class Asked(BaseModel):
    """A request, or a part of one. Its strings are never put into the validator's cache, which would outlive them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, cache_strings="none")


class Told(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(from_attributes=True, frozen=True, hide_input_in_errors=True)


# ---- parts -----------------------------------------------------------------------------------------------------------


class BoxAsked(Asked):
    """A face on the upright photo, in pixels."""

    left: Pixels
    top: Pixels
    width: Annotated[float, Field(allow_inf_nan=False, gt=0, le=100_000)]
    height: Annotated[float, Field(allow_inf_nan=False, gt=0, le=100_000)]


class Box(Told):
    """A face on the upright photo, in pixels; `left` and `top` may be negative where a face leaves the frame."""

    left: float
    top: float
    width: float
    height: float


class FaceSeen(Told):
    """A face as found on a photo. `quality` is 0 to 100, with reasons in words."""

    box: Box
    quality: int
    quality_reasons: list[str]


class Problem(Told):
    """What went wrong (RFC 9457). `code` is stable; docs/errors.md says what to do about each."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    entry: int | None = None
    faces: list[FaceSeen] | None = None
    exhausted: Literal["person", "case", "collection", "organization"] | None = None
    limit: int | None = None
    returns_at: str | None = None
    request_id: str | None = None


class PolicyAsked(Asked):
    """What may be done with a collection; fixed at creation."""

    keep_photos: bool = False
    minimum_quality: Annotated[int, Field(ge=0, le=100)] = 25
    top_k: Annotated[int, Field(ge=1, le=100)] = 10
    evaluation: bool = False
    score_floor: Cosine | None = None
    exposure_limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    score_step: Annotated[float, Field(ge=0.001, le=0.1, allow_inf_nan=False)] = 0.01
    case_required: bool = True
    approval_required: bool = False
    searches_a_day: Annotated[int, Field(ge=1, le=100_000)] | None = None
    reveal_required: bool = True


class Policy(Told):
    """What may be done with a collection. None leaves the choice to the vault, by the size of the gallery."""

    keep_photos: bool
    minimum_quality: int
    top_k: int
    evaluation: bool
    score_floor: float | None
    exposure_limit: int | None
    score_step: float
    case_required: bool
    approval_required: bool
    searches_a_day: int | None
    reveal_required: bool


class Checkpoint(Told):
    """A C2SP signed note over the whole log, and the verifier key in note format.

    `handovers` are the notes by which each earlier key named the next, oldest first.
    """

    note: str
    verifier_key: str
    handovers: tuple[str, ...] = ()


# ---- collections and persons -----------------------------------------------------------------------------------------


class NewCollection(Asked):
    """A collection to create."""

    name: Name
    policy: PolicyAsked = PolicyAsked()


class Collection(Told):
    """A gallery with a policy, pinned to one model."""

    collection_id: str
    name: str
    model: str
    dimension: int
    policy: Policy
    faces: int
    persons: int
    created_at: str


class Collections(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Collection]
    next_cursor: str


class NewPerson(Asked):
    """A person to create; the name may be empty."""

    name: AnyName


class Person(Told):
    """A person; `faces` is how many are enrolled."""

    person_id: str
    collection_id: str
    name: str
    faces: int


class Persons(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Person]
    next_cursor: str


class Receipt(Told):
    """Forgotten: `forgotten` faces are released to nobody any more; `entry` is the log entry that says so."""

    forgotten: int
    entry: int
    backup_horizon_hours: int


# ---- faces -----------------------------------------------------------------------------------------------------------


class PhotoMetadata(Asked):
    """What is known of one photo to enroll. The person is an id, or a name within the collection, or nobody yet."""

    person_id: Id | None = None
    person_name: AnyName | None = None
    source: Text = ""
    license: Text = ""
    legal_basis: Text = ""
    captured_at: Date = ""
    retain_until: Date = ""
    photo_name: Text = ""
    which_face: Literal["only", "main", "largest", "all"] = "only"
    box: BoxAsked | None = None


class Face(Told):
    """An enrolled face with its provenance. In an enrollment's answer `person_name` is the name given, if any."""

    face_id: str
    person_id: str
    person_name: str | None
    collection_id: str
    box: Box | None
    quality: int
    quality_reasons: list[str]
    source: str
    license: str
    legal_basis: str
    captured_at: str
    retain_until: str
    photo_name: str
    enrolled_at: str
    has_photo: bool


class Faces(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Face]
    next_cursor: str


class PhotoEnrolled(Told):
    """What became of one photo: its enrolled faces, or the problem because of which there are none; and advice."""

    photo_name: str
    faces: list[Face]
    refused: Problem | None
    advice: list[str]


class Enrollment(Told):
    """What became of every photo, in order. `entry` is null where nothing was enrolled, and in a repeated answer."""

    photos: list[PhotoEnrolled]
    entry: int | None


class FaceFound(Told):
    """A face on a photo. `landmarks` are eyes, nose and mouth corners, [x, y] in pixels of the upright photo."""

    box: Box
    landmarks: list[tuple[float, float]]
    detector_score: float
    quality: int
    quality_reasons: list[str]


class Detection(Told):
    """The faces of a photo, largest first; `advice` says in words what would make it better."""

    width: int
    height: int
    faces: list[FaceFound]
    advice: list[str]


# ---- search and verify -----------------------------------------------------------------------------------------------

CollectionIds = Annotated[list[Id], Field(min_length=1, max_length=64)]
TopK = Annotated[int, Field(ge=1, le=100)]
FaceIndex = Annotated[int, Field(ge=0, le=10_000)]


class FaceQuery(Asked):
    """What to search, and how: `top_k` null means 10 or what is allowed; a floor only counts above the collections'.

    `case_id` is the case that the search is made in; a collection needs one unless its policy says otherwise.
    `probe_captured_at` is when the photo of the probe was taken, as far as you know; it is kept with the case's leads.
    """

    collection_ids: CollectionIds
    case_id: Id | None = None
    probe_captured_at: Date = ""
    top_k: TopK | None = None
    score_floor: Cosine | None = None


class PhotoQuery(FaceQuery):
    """What to search, and which face of the photo: by its place in the list of faces, or as a box drawn by hand."""

    face_index: FaceIndex | None = None
    box: BoxAsked | None = None


class Candidate(Told):
    """A lead, never an identification. About one stranger's search in `one_in` would show such a score here.

    A search in a case makes it the lead `lead_id` of that case. Name, source and legal basis are null until you reveal
    it, where the collection asks for that. `years_apart` is between the two photos, null where a date is not known.
    """

    rank: int
    face_id: str
    person_id: str
    lead_id: str | None
    revealed: bool
    person_name: str | None
    score: float
    one_in: float | None
    meaning: str
    source: str | None
    captured_at: str
    years_apart: float | None
    quality: int
    quality_reasons: list[str]
    legal_basis: str | None


class Found(Told):
    """A candidate list, score descending, at most one face a person.

    `gallery` templates were searched; nothing below `floor` is shown; `withheld` records were held back because too
    many searches have shown them; `entry` is the log entry of this search, `checkpoint` the newest published.
    """

    candidates: list[Candidate]
    model: str
    gallery: int
    floor: float
    withheld: int
    entry: int
    checkpoint: Checkpoint


class Probe(FaceSeen):
    """The face that was searched for, and its place in `faces_found`."""

    face_index: int


class FoundByPhoto(Found):
    """A candidate list with the face searched for and every face found on the photo."""

    probe: Probe
    faces_found: list[FaceSeen]


class VerifyQuery(Asked):
    """Whom to compare the first photo with, and which face of each photo is meant.

    Comparing with an enrolled person or face is a search of their collection: it needs a case where that one does.
    """

    case_id: Id | None = None
    person_id: Id | None = None
    face_id: Id | None = None
    first_face_index: FaceIndex | None = None
    second_face_index: FaceIndex | None = None


class Verified(Told):
    """A score in [-1, 1], null where it is withheld, and what it means in words."""

    score: float | None
    one_in: float | None
    meaning: str
    entry: int


# ---- status and log --------------------------------------------------------------------------------------------------


class Health(Told):
    """One word: open, waiting (for the disk of the log), sealed, uninitialized or unreachable."""

    state: Literal["open", "waiting", "sealed", "uninitialized", "unreachable"]


class Model(Told):
    """The model contract of this keep, and the licenses of its models by name."""

    name: str
    detector_sha256: str
    embedder_sha256: str
    alignment: str
    dimension: int
    licenses: dict[str, str]


class MappedIndex(Told):
    """How much of the sealed index the server has mapped."""

    mapped_blocks: int
    mapped_bytes: int


class Status(Told):
    """The state of the keep. `trial` is true while a key file unseals it, which protects nothing at rest."""

    state: str
    version: str
    model: Model
    unseal_method: str
    trial: bool
    quarantined: bool
    index: MappedIndex
    checkpoint: Checkpoint


class LogEntry(Told):
    """One opened log entry of the caller's organization; `entry` counts that organization's entries alone."""

    entry: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: dict[str, str | int | float | bool | None]


class LogPage(Told):
    """Entries, and the number to go on from (null at the end)."""

    entries: list[LogEntry]
    next_start: int | None


class Proof(Told):
    """RFC 6962 hashes for the tree of `size`, in base64; for an entry also its leaf hash and its place in the tree."""

    hashes: list[str]
    size: int
    leaf_hash: str
    index: int


class Export(Told):
    """An export was begun; `entry` is the log entry that says so, and its last."""

    entry: int


class ExportedEntry(Told):
    """A leaf at its place in the tree, the key that opens it and no other, and its inclusion proof; all in base64."""

    index: int
    leaf: str
    key: str
    hashes: list[str]


class ExportPage(Told):
    """Entries proved in the tree of `size`, and the number to go on from (null at the end).

    `note` is the newest checkpoint: that of `size` where the page was asked for without one.
    """

    note: str
    size: int
    entries: list[ExportedEntry]
    next_start: int | None
