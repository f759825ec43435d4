"""Collections, and where persons and faces lie."""

from typing import Annotated

import msgspec

from facekeep.terms import CellId, CollectionId, FaceId, PersonId, SessionToken
from facekeep.vault.wire.base import Id, Message, Name, Page
from facekeep.vault.wire.rules import Limit


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
    principal in 30 days; `score_step` is the rounding of released scores. An `evaluation` collection may loosen those
    three; it says so in every listing, and every act on it is logged as such.

    `case_required` lets only searches in a case in, `approval_required` only those that a second person approved too.
    `searches_a_day` narrows what the organization's rules allow. An evaluation collection needs no case, no approval
    and has no budget. Collections made before these fields were have `case_required` False, and say so.

    `reveal_required` hides who a candidate is from whoever searches or reviews, until they give a reason; only where a
    search needs a case, for without one there is none to review it in. Where it has no effect it is kept as False.
    """

    keep_photos: bool = False
    minimum_quality: Annotated[int, msgspec.Meta(ge=0, le=100)] = 25
    top_k: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    evaluation: bool = False
    score_floor: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    exposure_limit: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    score_step: Annotated[float, msgspec.Meta(ge=0.001, le=0.1)] = 0.01
    case_required: bool = True
    approval_required: bool = False
    searches_a_day: Limit | None = None
    reveal_required: bool = True

    @property
    def needs_case(self) -> bool:
        """Whether it lets only searches in a case in, whatever the organization's rules say."""
        return not self.evaluation and (self.case_required or self.approval_required)


class CollectionView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A collection as its own organization sees it."""

    collection_id: CollectionId
    name: str
    contract: Contract
    policy: Policy
    faces: int
    persons: int
    created_at: str


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


class CollectionPage(Message, frozen=True):
    """Collections and the cursor of the next page, empty at the end."""

    items: tuple[CollectionView, ...]
    next_cursor: str = ""


class CollectionShown(Message, frozen=True):
    """One collection."""

    collection: CollectionView
    entry: int = -1


class PersonPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person and the cell that holds the name."""

    person_id: PersonId
    collection_id: CollectionId
    person_cell: CellId
    faces: int


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


class CreatePerson(Message, frozen=True):
    """A person without faces yet. The answer is a `SealedBatch` to store and commit."""

    session: SessionToken
    collection_id: Id
    name: Annotated[str, msgspec.Meta(max_length=200)]


class ListPersons(Message, frozen=True):
    """Persons of a collection, in order of creation; `with_records` as for `ListFaces`, of their names."""

    session: SessionToken
    collection_id: Id
    cursor: str = ""
    limit: Page = 100
    with_records: bool = False


class ShowPerson(Message, frozen=True):
    """One person."""

    session: SessionToken
    person_id: Id


class PersonPage(Message, frozen=True):
    """Persons and the cursor of the next page."""

    items: tuple[PersonPlace, ...]
    next_cursor: str = ""


class PersonShown(Message, frozen=True):
    """One person."""

    person: PersonPlace


class ListFaces(Message, frozen=True):
    """Faces of a collection, or of one person of it.

    `with_records` says that provenance and names of the whole page are opened next: they count as seen, and where they
    would be refused the page is.
    """

    session: SessionToken
    collection_id: Id
    person_id: Id | None = None
    cursor: str = ""
    limit: Page = 100
    with_records: bool = False


class ShowFace(Message, frozen=True):
    """Where one face lies."""

    session: SessionToken
    face_id: Id


class FacePage(Message, frozen=True):
    """Faces and the cursor of the next page."""

    items: tuple[FacePlace, ...]
    next_cursor: str = ""


class FaceShown(Message, frozen=True):
    """One face."""

    face: FacePlace
