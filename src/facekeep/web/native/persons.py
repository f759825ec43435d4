"""/v1/persons and the persons of a collection"""

from fastapi import APIRouter, Request

from facekeep.errors import Code
from facekeep.service import forget
from facekeep.service import persons as verbs
from facekeep.terms import CollectionId, PersonId
from facekeep.web.documented import SHOWN, WRITTEN, errors
from facekeep.web.native import models
from facekeep.web.parsed import AnId, Cursor, Limit, TheKeep, TheKey, TheSession, asked_once

router = APIRouter(prefix="/v1", tags=["persons"])


@router.post("/collections/{collection_id}/persons", status_code=201, responses=errors(Code.NOT_FOUND, *WRITTEN))
def create_person(
    *, keep: TheKeep, session: TheSession, key: TheKey, request: Request, collection_id: AnId, body: models.NewPerson
) -> models.Person:
    """Create a person without faces."""
    asked = asked_once(key, request, body.model_dump_json().encode())
    person = verbs.create_person(keep, session, CollectionId(collection_id), body.name, asked)
    return models.Person.model_validate(person)


@router.get("/collections/{collection_id}/persons", responses=errors(Code.NOT_FOUND, *SHOWN))
def list_persons(
    keep: TheKeep, session: TheSession, collection_id: AnId, cursor: Cursor = "", limit: Limit = 100
) -> models.Persons:
    """List the persons of a collection with their names, in order of creation."""
    page = verbs.list_persons(keep, session, CollectionId(collection_id), cursor=cursor, limit=limit)
    return models.Persons.model_validate(page)


@router.get("/persons/{person_id}", responses=errors(Code.NOT_FOUND, *SHOWN))
def show_person(keep: TheKeep, session: TheSession, person_id: AnId) -> models.Person:
    """Show one person."""
    return models.Person.model_validate(verbs.show_person(keep, session, PersonId(person_id)))


@router.delete("/persons/{person_id}", responses=errors(Code.NOT_FOUND, Code.FORBIDDEN))
def forget_person(keep: TheKeep, session: TheSession, person_id: AnId) -> models.Receipt:
    """Forget a person with every face."""
    return models.Receipt.model_validate(forget.forget_person(keep, session, PersonId(person_id)))
