"""Collections: create, list, show, delete; and the check that templates of different models never meet."""

from collections.abc import Iterable
from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.service.idempotency import Once, alone, recalled_bytes
from facekeep.service.keep import Keep
from facekeep.terms import CollectionId, ModelContract, SessionToken
from facekeep.vault.wire import (
    CollectionPage,
    CollectionShown,
    CollectionView,
    Contract,
    CreateCollection,
    ListCollections,
    Policy,
    ShowCollection,
)

__all__ = [
    "Collection",
    "Collections",
    "Policy",
    "check_model",
    "create_collection",
    "list_collections",
    "searchable",
    "show_collection",
    "wire_contract",
]


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as its own organization sees it. `policy` is fixed at creation."""

    collection_id: CollectionId
    name: str
    contract: ModelContract
    policy: Policy
    faces: int
    persons: int
    created_at: str

    @property
    def model(self) -> str:
        """The name of the model contract."""
        return self.contract.name

    @property
    def dimension(self) -> int:
        """The length of its templates."""
        return self.contract.dimension


@dataclass(frozen=True, slots=True)
class Collections:
    """A page of collections, oldest first; `next_cursor` is empty at the end."""

    items: tuple[Collection, ...]
    next_cursor: str


def create_collection(keep: Keep, session: SessionToken, name: str, policy: Policy, asked: Once | None) -> Collection:
    """A new, empty collection for the model this keep runs. The vault remembers which one an asked `Once` made."""
    with alone(keep, asked):
        return _created(keep, session, name, policy, asked)


def _created(keep: Keep, session: SessionToken, name: str, policy: Policy, asked: Once | None) -> Collection:
    made_before = None if asked is None else recalled_bytes(keep, session, asked)
    if made_before is not None:
        return show_collection(keep, session, CollectionId(made_before.decode()))
    message = CreateCollection(
        session=session,
        name=name,
        contract=wire_contract(keep.faces.contract),
        policy=policy,
        remember_key="" if asked is None else asked.key,
        remember_digest=b"" if asked is None else asked.digest,
    )
    return _collection(keep.vault.call(message, CollectionShown).collection)


def list_collections(keep: Keep, session: SessionToken, *, cursor: str, limit: int) -> Collections:
    """The caller's collections after the cursor of the last page."""
    page = keep.vault.call(ListCollections(session=session, cursor=cursor, limit=limit), CollectionPage)
    return Collections(tuple(_collection(one) for one in page.items), page.next_cursor)


def show_collection(keep: Keep, session: SessionToken, collection_id: CollectionId) -> Collection:
    """One collection. Raises `not_found` for any other organization's too."""
    shown = keep.vault.call(ShowCollection(session=session, collection_id=collection_id), CollectionShown)
    return _collection(shown.collection)


def searchable(keep: Keep, session: SessionToken, collection_ids: Iterable[CollectionId]) -> list[Collection]:
    """The collections, if every one holds templates of the model this keep runs.

    Raises
    ------
    BadInput
        `model_mismatch`: cosines between templates of different models mean nothing.
    """
    collections = [show_collection(keep, session, one) for one in collection_ids]
    for collection in collections:
        check_model(keep, collection)
    return collections


def check_model(keep: Keep, collection: Collection) -> None:
    """Nothing, if the collection holds templates of the model this keep runs; else raises `model_mismatch`."""
    ours = keep.faces.contract
    if collection.contract != ours:
        text = f"the collection was made for the model {collection.contract.name}, this keep runs {ours.name}"
        raise BadInput(Code.MODEL_MISMATCH, text)


def wire_contract(contract: ModelContract) -> Contract:
    """The model contract as the vault takes it."""
    return Contract(
        name=contract.name,
        detector_sha256=contract.detector_sha256,
        embedder_sha256=contract.embedder_sha256,
        alignment=contract.alignment,
        dimension=contract.dimension,
    )


def _collection(view: CollectionView) -> Collection:
    theirs = view.contract
    contract = ModelContract(
        theirs.name, theirs.detector_sha256, theirs.embedder_sha256, theirs.alignment, theirs.dimension
    )
    return Collection(
        view.collection_id, view.name, contract, view.policy, view.faces, view.persons, view.created_at
    )
