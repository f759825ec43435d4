"""Forgetting: keys destroyed in one durable step, then the survivors of the block sealed anew.

Once the step is durable nothing releases the face again, whatever happens after. The block's old secret goes when its
survivors have a new block; a block without survivors goes at once.
"""

from facekeep.errors import BadInput, Code
from facekeep.vault import cells
from facekeep.vault.database import Database
from facekeep.vault.places import cells_of_face
from facekeep.vault.review import forgetting as leads
from facekeep.vault.shelf import Counts, OpenCollection
from facekeep.vault.standing import erasing
from facekeep.vault.wire import FacePlace


def forget_faces(database: Database, collection: OpenCollection, places: list[FacePlace]) -> Counts:
    """Inside a transaction: destroy what opens these faces; unnamed persons left without a face go with them.

    Returns by how many faces and persons the collection changes: none is above 0.
    """
    blocks = {_forget_face(database, place) for place in places}
    _forget_blocks_without_survivors(database, collection)
    persons = _forget_nameless_persons(database, collection, {place.person_id for place in places})
    _drop_from_memory(collection, blocks)
    return Counts(-len(places), -persons)


def forget_person(database: Database, collection: OpenCollection, person_id: str, places: list[FacePlace]) -> Counts:
    """Inside a transaction: destroy a person's faces and name; returns the same as `forget_faces`."""
    change = forget_faces(database, collection, places)
    found = database.row("SELECT person_cell FROM persons WHERE person_id = ?", person_id)
    if found is not None:
        cells.destroy_cells(database, [found[0]])
        database.run("DELETE FROM persons WHERE person_id = ?", person_id)
        change.persons -= 1
    return change


def forget_collection(database: Database, collection: OpenCollection) -> int:
    """Inside a transaction: destroy a collection's key and everything under it; returns the number of faces."""
    number = collection.number
    (faces,) = database.row("SELECT count(*) FROM faces WHERE collection = ?", number) or (0,)
    database.run("INSERT OR IGNORE INTO garbage SELECT cell_id, 0 FROM cell_keys WHERE collection = ?", number)
    database.run("INSERT OR IGNORE INTO garbage SELECT block_id, 1 FROM blocks WHERE collection = ?", number)
    leads.forget_of_collection(database, number)
    database.run("DELETE FROM exposures WHERE face IN (SELECT number FROM faces WHERE collection = ?)", number)
    erasing.erase_collection(database, number)
    for table in ("cell_keys", "blocks", "faces", "persons", "sightings", "reading_leaves"):
        database.run(f"DELETE FROM {table} WHERE collection = ?", number)  # noqa: S608  the names are ours
    database.run("DELETE FROM collections WHERE number = ?", number)
    return int(faces)


def _forget_face(database: Database, place: FacePlace) -> int:
    """The row number of the block in which the face was."""
    found = database.row("SELECT number, block FROM faces WHERE face_id = ?", place.face_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such face")
    number, block = found
    database.run("DELETE FROM faces WHERE number = ?", number)
    database.run("DELETE FROM exposures WHERE face = ?", number)
    leads.forget_of_face(database, number)
    erasing.erase_face(database, number)
    database.run("UPDATE blocks SET has_forgotten = 1 WHERE number = ?", block)
    doomed = cells_of_face(place)
    if place.photo_cell and not database.row("SELECT 1 FROM faces WHERE photo_cell = ?", place.photo_cell):
        doomed.append(place.photo_cell)
    cells.destroy_cells(database, doomed)
    return int(block)


def _forget_blocks_without_survivors(database: Database, collection: OpenCollection) -> None:
    empty = database.rows(
        "SELECT number, block_id FROM blocks b WHERE collection = ? AND has_forgotten"
        " AND NOT EXISTS (SELECT 1 FROM faces f WHERE f.block = b.number)",
        collection.number,
    )
    for number, block_id in empty:
        database.run("DELETE FROM blocks WHERE number = ?", number)
        database.run("INSERT OR IGNORE INTO garbage VALUES (?, 1)", block_id)


def _forget_nameless_persons(database: Database, collection: OpenCollection, person_ids: set[str]) -> int:
    forgotten = 0
    for person_id in person_ids:
        found = database.row(
            "SELECT number, person_cell FROM persons p WHERE person_id = ? AND collection = ? AND name_tag IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM faces f WHERE f.person = p.number)",
            person_id,
            collection.number,
        )
        if found is not None:
            database.run("DELETE FROM persons WHERE number = ?", found[0])
            cells.destroy_cells(database, [found[1]])
            forgotten += 1
    return forgotten


def _drop_from_memory(collection: OpenCollection, blocks: set[int]) -> None:
    """The next search reads from the database again who lies where in these blocks."""
    for block in blocks:
        collection.blocks.pop(block, None)
    collection.stack = None
