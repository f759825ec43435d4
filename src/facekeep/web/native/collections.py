"""/v1/collections"""

from fastapi import APIRouter, Request

from facekeep.errors import Code
from facekeep.service import collections as verbs
from facekeep.service.forget import delete_collection
from facekeep.terms import CollectionId
from facekeep.web.documented import WRITTEN, errors
from facekeep.web.native import models
from facekeep.web.parsed import AnId, Cursor, Limit, TheKeep, TheKey, TheSession, asked_once

router = APIRouter(prefix="/v1/collections", tags=["collections"])


@router.post("", status_code=201, responses=errors(*WRITTEN))
def create_collection(
    keep: TheKeep, session: TheSession, key: TheKey, request: Request, body: models.NewCollection
) -> models.Collection:
    """Create an empty collection for the model that this keep runs."""
    asked = asked_once(key, request, body.model_dump_json().encode())
    policy = verbs.Policy(**body.policy.model_dump())
    return models.Collection.model_validate(verbs.create_collection(keep, session, body.name, policy, asked))


@router.get("", responses=errors())
def list_collections(
    keep: TheKeep, session: TheSession, cursor: Cursor = "", limit: Limit = 100
) -> models.Collections:
    """List your organization's collections, oldest first."""
    return models.Collections.model_validate(verbs.list_collections(keep, session, cursor=cursor, limit=limit))


@router.get("/{collection_id}", responses=errors(Code.NOT_FOUND))
def show_collection(keep: TheKeep, session: TheSession, collection_id: AnId) -> models.Collection:
    """Show one collection."""
    return models.Collection.model_validate(verbs.show_collection(keep, session, CollectionId(collection_id)))


@router.delete("/{collection_id}", responses=errors(Code.NOT_FOUND, Code.FORBIDDEN))
def forget_collection(keep: TheKeep, session: TheSession, collection_id: AnId) -> models.Receipt:
    """Forget a collection with everything in it: its keys are destroyed in one step."""
    return models.Receipt.model_validate(delete_collection(keep, session, CollectionId(collection_id)))
