"""Adding photos to a collection. The page's own script reads files and tables, and sends them to the API."""

from fastapi import APIRouter, Request, Response

from facekeep.service.collections import check_model, show_collection
from facekeep.terms import CollectionId
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import AnId, TheKeep, TheSession

router = APIRouter(include_in_schema=False)


@router.get("/console/gallery/{collection_id}/add", name="console_add")
def show_adding(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, collection_id: AnId
) -> Response:
    """The page on which custodians choose photos, folders and a table of what is known of them."""
    viewer.require("custodian")
    collection = show_collection(keep, session, CollectionId(collection_id))
    check_model(keep, collection)
    return page(request, "adding", viewer=viewer, collection=collection)
