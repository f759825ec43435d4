"""Persons: create, list, show. Their names lie in encrypted cells; the vault opens them for who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from facekeep.errors import Code, Tampered
from facekeep.service.cells import PersonRecord, keep_batch, opened, record
from facekeep.service.idempotency import Once, alone, recalled, remembering
from facekeep.service.keep import Keep
from facekeep.service.retry import settled
from facekeep.terms import CollectionId, PersonId, SessionToken
from facekeep.vault.wire import CreatePerson, ListPersons, PersonPage, PersonPlace, PersonShown, SealedBatch, ShowPerson


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a collection; `faces` is how many are enrolled. The name may be empty."""

    person_id: PersonId
    collection_id: CollectionId
    name: str
    faces: int


@dataclass(frozen=True, slots=True)
class Persons:
    """A page of persons in order of creation; `next_cursor` is empty at the end."""

    items: tuple[Person, ...]
    next_cursor: str


def create_person(
    keep: Keep, session: SessionToken, collection_id: CollectionId, name: str, asked: Once | None
) -> Person:
    """A new person without faces, durable when this returns."""
    with alone(keep, asked):
        return recalled(keep, session, asked, Person) or _created(keep, session, collection_id, name, asked)


def _created(
    keep: Keep, session: SessionToken, collection_id: CollectionId, name: str, asked: Once | None
) -> Person:
    message = CreatePerson(session=session, collection_id=collection_id, name=name)
    batch = keep.vault.call(message, SealedBatch)
    if batch.person is None:
        raise Tampered(Code.INTERNAL, "the vault sealed a person without saying where")
    person = Person(batch.person.person_id, batch.person.collection_id, name, batch.person.faces)
    keep_batch(keep, session, batch, remembering(asked, person))
    return person


def list_persons(
    keep: Keep, session: SessionToken, collection_id: CollectionId, *, cursor: str, limit: int
) -> Persons:
    """Persons of a collection after the cursor of the last page, with their names."""

    def attempt() -> Persons:
        message = ListPersons(
            session=session, collection_id=collection_id, cursor=cursor, limit=limit, with_records=True
        )
        page = keep.vault.call(message, PersonPage)
        return Persons(_named(keep, session, page.items), page.next_cursor)

    return settled(attempt)


def show_person(keep: Keep, session: SessionToken, person_id: PersonId) -> Person:
    """One person with the name."""

    def attempt() -> Person:
        place = keep.vault.call(ShowPerson(session=session, person_id=person_id), PersonShown).person
        return _named(keep, session, [place])[0]

    return settled(attempt)


def _named(keep: Keep, session: SessionToken, places: Sequence[PersonPlace]) -> tuple[Person, ...]:
    plaintexts = opened(keep, session, (place.person_cell for place in places))
    return tuple(
        Person(
            place.person_id,
            place.collection_id,
            record(plaintexts, place.person_cell, PersonRecord).name,
            place.faces,
        )
        for place in places
    )
