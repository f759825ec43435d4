"""Collections: which there are, what may be done with each, and who is in one as far as its reader may open that."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import StringConstraints

from facekeep.errors import BadInput, Code
from facekeep.service import collections as verbs
from facekeep.service import faces, forget, persons
from facekeep.terms import CollectionId
from facekeep.web.console.new_collection import NewCollection
from facekeep.web.console.posted import Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer, Viewer
from facekeep.web.parsed import AnId, Cursor, TheKeep, TheSession

PLACE = "/console/gallery"
KEEPERS = ("custodian", "privacy_officer")  # names and provenance are never hidden from them
_SEARCHERS = ("investigator", "reviewer")
_MOST_SHOWN = 8  # pictures; with them a page stays below 150 kB
_SMALL = 1_000  # faces; below, a member may read a fixed number of them, above a share
_COLLECTIONS_A_PAGE = 50

router = APIRouter(include_in_schema=False)
Shown = Annotated[Literal["", "persons", "faces"], Query(alias="show")]


class Forgotten(Posted):
    """The name of what is to be forgotten, typed by whoever wants it forgotten."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""


@router.get(PLACE, name="console_gallery")
def show_gallery(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, cursor: Cursor = ""
) -> Response:
    """Every collection of the organization, oldest first; and for custodians the form for a new one."""
    found = verbs.list_collections(keep, session, cursor=cursor, limit=_COLLECTIONS_A_PAGE)
    return page(request, "gallery", viewer=viewer, collections=found, contract=keep.faces.contract)


@router.post(PLACE, name="console_create_collection")
def create_collection(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[NewCollection, Depends(posted(NewCollection))]
) -> Response:
    """A new collection; next comes its page."""
    made = verbs.create_collection(keep, session, body.name, body.policy(), None)
    return go_to(request, f"{PLACE}/{made.collection_id}")


@router.get(PLACE + "/{collection_id}", name="console_collection")
def show_collection(
    *,
    request: Request,
    keep: TheKeep,
    session: TheSession,
    viewer: TheViewer,
    collection_id: AnId,
    shown: Shown = "",
    cursor: Cursor = "",
) -> Response:
    """One collection. Nobody's record is opened until persons or faces are asked for: opening them counts."""
    collection = verbs.show_collection(keep, session, CollectionId(collection_id))
    wanted = (keep, session, collection.collection_id)
    size = page_size(collection.faces)
    return page(
        request,
        "collection",
        viewer=viewer,
        collection=collection,
        contract=keep.faces.contract,
        may_open=may_open(viewer, collection),
        shown=shown,
        persons=persons.list_persons(*wanted, cursor=cursor, limit=size) if shown == "persons" else None,
        faces=faces.list_faces(*wanted, None, cursor=cursor, limit=size) if shown == "faces" else None,
        today=datetime.now(UTC).date().isoformat(),
    )


@router.post(PLACE + "/{collection_id}/forget", name="console_forget_collection")
def forget_collection(
    *,
    request: Request,
    keep: TheKeep,
    session: TheSession,
    viewer: TheViewer,
    collection_id: AnId,
    body: Annotated[Forgotten, Depends(posted(Forgotten))],
) -> Response:
    """The receipt of a collection that was forgotten with everything in it."""
    collection = verbs.show_collection(keep, session, CollectionId(collection_id))
    if body.name != collection.name.strip():
        raise BadInput(Code.INVALID_REQUEST, "the name is not that of the collection; nothing was forgotten")
    receipt = forget.delete_collection(keep, session, collection.collection_id)
    return show_receipt(request, viewer, collection_id, receipt, what="collection", back=PLACE)


def show_receipt(
    request: Request, viewer: Viewer, its_id: str, receipt: forget.Receipt, *, what: str, back: str
) -> Response:
    """The page that says what is gone: to read, to print, and to leave by `back`."""
    now = datetime.now(UTC).isoformat()
    return page(request, "receipt", viewer=viewer, what=what, its_id=its_id, receipt=receipt, now=now, back=back)


def may_open(viewer: Viewer, collection: verbs.Collection) -> bool:
    """Whether the reader may see who is in a collection without revealing a lead; the vault has the last word."""
    return viewer.is_any(*KEEPERS) or (viewer.is_any(*_SEARCHERS) and not collection.policy.reveal_required)


def page_size(faces_in_all: int) -> int:
    """How many records a page opens: never so many that a few pages use up what one member may read of it."""
    return _MOST_SHOWN if faces_in_all < _SMALL else min(_MOST_SHOWN, faces_in_all // 350)
