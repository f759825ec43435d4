"""Enrollment inside the vault: drafts in, ciphertext out, and later the commit that makes it live."""

import hmac
import unicodedata

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.terms import CellKind, CollectionId, FaceId, PersonId
from facekeep.vault import batches, cells
from facekeep.vault.batches import Batch, Batches, NewBlock, NewPerson
from facekeep.vault.cells import CellKey
from facekeep.vault.database import Database
from facekeep.vault.keys import fresh_id
from facekeep.vault.places import cells_of_face
from facekeep.vault.sealing import parse_templates, seal_templates
from facekeep.vault.shelf import Counts, OpenCollection
from facekeep.vault.wire import Cell, FaceDraft, FacePlace, PersonPlace, SealedBatch


class Drafting:
    """One batch in the making: cells and keys so far, and the persons it introduces."""

    def __init__(self, database: Database, pending: Batches, collection: OpenCollection) -> None:
        self._database = database
        self._pending = pending
        self._collection = collection
        self._new: dict[bytes, NewPerson] = {}
        self.persons: list[NewPerson] = []
        self.keys: list[CellKey] = []
        self.cells: list[Cell] = []

    def cell(self, kind: CellKind, plaintext: bytes) -> str:
        """Seal one more cell; returns its id."""
        key, cell = cells.seal_cell(self._collection.cells_key, kind, plaintext)
        self.keys.append(key)
        self.cells.append(cell)
        return cell.cell_id

    def person(self, draft: FaceDraft) -> NewPerson:
        """The person a face belongs to: known by id, known by name, or new."""
        if draft.person_id is not None:
            return find_person(self._database, self._collection, draft.person_id)
        tag = name_tag(self._collection, draft.person_name)
        if tag is None:
            return self.new_person("", None)
        known = self._new.get(tag) or _find_by_tag(self._database, self._collection, tag)
        return known or self.new_person(draft.person_name, tag)

    def new_person(self, name: str, tag: bytes | None) -> NewPerson:
        """A person made in this batch, or at the same time in another one under the same name."""
        cell_id = self.cell(CellKind.PERSON, msgspec.json.encode({"name": name}))
        twin = self._pending.person_named(self._collection.collection_id, tag) if tag else None
        person = NewPerson(twin.person_id if twin else fresh_id("per"), tag, cell_id)
        self.persons.append(person)
        if tag is not None:
            self._new[tag] = person
        return person

    def face(self, draft: FaceDraft, photo_cells: list[str]) -> FacePlace:
        """Seal a face's record, template and crop."""
        person = self.person(draft)
        photo = photo_cells[draft.photo] if draft.photo is not None and photo_cells else None
        return FacePlace(
            face_id=FaceId(fresh_id("fac")),
            person_id=PersonId(person.person_id),
            collection_id=CollectionId(self._collection.collection_id),
            face_cell=self.cell(CellKind.FACE, msgspec.json.encode(draft.facts)),  # type: ignore[arg-type]
            person_cell=person.person_cell,  # type: ignore[arg-type]
            template_cell=self.cell(CellKind.TEMPLATE, draft.template),  # type: ignore[arg-type]
            crop_cell=self.cell(CellKind.CROP, draft.crop),  # type: ignore[arg-type]
            photo_cell=photo,  # type: ignore[arg-type]
        )


def seal_faces(
    database: Database,
    pending: Batches,
    collection: OpenCollection,
    drafts: tuple[FaceDraft, ...],
    photos: tuple[bytes, ...],
) -> tuple[Batch, SealedBatch]:
    """A pending batch of faces in one new block, and its ciphertext.

    Raises
    ------
    BadInput
        `invalid_request`: a template of the wrong shape, a photo index out of range, or a photo where the policy
        keeps none. `not_found`: an unknown person.
    """
    if photos and not collection.policy.keep_photos:
        raise BadInput(Code.INVALID_REQUEST, "this collection does not keep photos")
    if any(draft.photo is not None and not 0 <= draft.photo < len(photos) for draft in drafts):
        raise BadInput(Code.INVALID_REQUEST, "a face refers to a photo that was not sent")
    templates = parse_templates(tuple(draft.template for draft in drafts), collection.contract.dimension)
    drafting = Drafting(database, pending, collection)
    photo_cells = [drafting.cell(CellKind.PHOTO, photo) for photo in photos]
    places = tuple(drafting.face(draft, photo_cells) for draft in drafts)
    block, content = seal_templates(collection, templates)
    batch = Batch(
        batch_id=batches.fresh_batch_id(),
        collection_id=collection.collection_id,
        org_id=collection.org_id,
        keys=drafting.keys,
        persons=drafting.persons,
        places=places,
        block=block,
    )
    return batch, SealedBatch(
        batch_id=batch.batch_id, cells=tuple(drafting.cells), places=places, block=block.block, block_bytes=content
    )


def seal_person(
    database: Database, pending: Batches, collection: OpenCollection, name: str
) -> tuple[Batch, SealedBatch]:
    """A pending person without faces. Raises BadInput `conflict` when the name is taken."""
    tag = name_tag(collection, name)
    if tag is not None and _find_by_tag(database, collection, tag):
        raise BadInput(Code.CONFLICT, "this collection has a person of that name")
    drafting = Drafting(database, pending, collection)
    person = drafting.new_person(name, tag)
    batch = Batch(
        batch_id=batches.fresh_batch_id(),
        collection_id=collection.collection_id,
        org_id=collection.org_id,
        keys=drafting.keys,
        persons=drafting.persons,
    )
    place = PersonPlace(
        person_id=PersonId(person.person_id),
        collection_id=CollectionId(collection.collection_id),
        person_cell=person.person_cell,  # type: ignore[arg-type]
        faces=0,
    )
    return batch, SealedBatch(batch_id=batch.batch_id, cells=tuple(drafting.cells), person=place)


def commit_enrollment(database: Database, collection: OpenCollection, batch: Batch) -> Counts:
    """Inside a transaction: make the batch's persons, block and faces live; returns how many are new.

    Raises BadInput `not_found` when a person was forgotten since the batch was sealed.
    """
    owners = {one.person_cell: _insert_person(database, collection, one) for one in batch.persons}
    twins = {cell_id for cell_id, number in owners.items() if number is None}
    if batch.block is not None:
        block = insert_block(database, collection, batch.block)
        for slot, place in enumerate(batch.places):
            number = _insert_face(database, collection, place, block, slot)
            owners |= dict.fromkeys(cells_of_face(place), number)
    known = {cell_id: number for cell_id, number in owners.items() if number is not None}
    cells.save_keys(database, collection.number, [one for one in batch.keys if one.cell_id not in twins], known)
    cells.destroy_cells(database, list(twins))  # the twin batch was first; its record stands
    collection.stack = None
    return Counts(len(batch.places), len(batch.persons) - len(twins))


def insert_block(database: Database, collection: OpenCollection, new: NewBlock) -> int:
    """Inside a transaction: a live block; returns its row number."""
    return database.run(
        "INSERT INTO blocks (block_id, collection, slots, digest, wrapped_secret, tags) VALUES (?, ?, ?, ?, ?, ?)",
        new.block.block_id,
        collection.number,
        new.block.slots,
        new.block.digest,
        new.wrapped_secret,
        new.tags.astype("<u8").tobytes(),
    )


def find_person(database: Database, collection: OpenCollection, person_id: str) -> NewPerson:
    """A live person of this collection by id. Raises BadInput `not_found`."""
    found = database.row(
        "SELECT name_tag, person_cell FROM persons WHERE person_id = ? AND collection = ?", person_id, collection.number
    )
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such person")
    return NewPerson(person_id, found[0], found[1])


def name_tag(collection: OpenCollection, name: str) -> bytes | None:
    """A keyed tag under which a name is found again: Unicode NFC, blanks collapsed. None for no name."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    return hmac.digest(collection.names_key, plain.encode(), "sha256") if plain else None


def _find_by_tag(database: Database, collection: OpenCollection, tag: bytes) -> NewPerson | None:
    found = database.row(
        "SELECT person_id, person_cell FROM persons WHERE collection = ? AND name_tag = ?", collection.number, tag
    )
    return NewPerson(found[0], tag, found[1]) if found else None


def _insert_person(database: Database, collection: OpenCollection, person: NewPerson) -> int | None:
    """The row number of the person; None where a twin batch has made it already."""
    if database.row("SELECT 1 FROM persons WHERE person_id = ?", person.person_id):
        return None
    return database.run(
        "INSERT INTO persons (person_id, collection, name_tag, person_cell) VALUES (?, ?, ?, ?)",
        person.person_id,
        collection.number,
        person.name_tag,
        person.person_cell,
    )


def _insert_face(database: Database, collection: OpenCollection, place: FacePlace, block: int, slot: int) -> int:
    """The row number of the new face."""
    person = database.row(
        "SELECT number FROM persons WHERE person_id = ? AND collection = ?", place.person_id, collection.number
    )
    if person is None:
        raise BadInput(Code.NOT_FOUND, "the person was forgotten meanwhile; enroll again")
    return database.run(
        "INSERT INTO faces (face_id, collection, person, block, slot, face_cell, template_cell, crop_cell, photo_cell)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        place.face_id,
        collection.number,
        person[0],
        block,
        slot,
        place.face_cell,
        place.template_cell,
        place.crop_cell,
        place.photo_cell,
    )
