"""Where faces and persons lie: reading them from the database, a page at a time."""

from facekeep.errors import BadInput, Code
from facekeep.vault.database import ONE_OF, Database, Row, listed
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.wire import FacePlace, PersonPlace

_FACE_COLUMNS = (
    "f.face_id, p.person_id, c.collection_id, f.face_cell, p.person_cell, f.template_cell, f.crop_cell, f.photo_cell"
    " FROM faces f JOIN persons p ON p.number = f.person JOIN collections c ON c.number = f.collection"
)
_FACE = f"SELECT {_FACE_COLUMNS}"
_NUMBERED_FACE = f"SELECT f.number, {_FACE_COLUMNS}"
_PERSON = (
    "SELECT p.person_id, c.collection_id, p.person_cell, (SELECT count(*) FROM faces f WHERE f.person = p.number)"
    " FROM persons p JOIN collections c ON c.number = p.collection"
)


def face_by_id(database: Database, org_id: str, face_id: str) -> FacePlace:
    """A face of an organization. Raises BadInput `not_found`, for another's face too."""
    found = database.row(f"{_FACE} WHERE f.face_id = ? AND c.org_id = ?", face_id, org_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such face")
    return FacePlace(*found)


def faces_by_number(database: Database, numbers: list[int]) -> dict[int, FacePlace]:
    """Live faces by row number; forgotten ones are left out."""
    rows = database.rows(f"{_NUMBERED_FACE} WHERE f.number {ONE_OF}", listed(numbers))
    found = {number: FacePlace(*row) for number, *row in rows}
    return {number: found[number] for number in numbers if number in found}


def faces_page(
    database: Database, collection: OpenCollection, person_id: str | None, after: int, limit: int
) -> list[FacePlace]:
    """Faces of a collection, or of one person of it, in order of enrollment after row number `after`."""
    if person_id is None:
        sql, values = f"{_FACE} WHERE f.collection = ? AND f.number > ?", [collection.number, after]
    else:
        person = _person_number(database, collection, person_id)
        sql, values = f"{_FACE} WHERE f.person = ? AND f.number > ?", [person, after]
    return [FacePlace(*row) for row in database.rows(f"{sql} ORDER BY f.number LIMIT ?", *values, limit)]


def person_by_id(database: Database, org_id: str, person_id: str) -> PersonPlace:
    """A person of an organization. Raises BadInput `not_found`, for another's person too."""
    found = database.row(f"{_PERSON} WHERE p.person_id = ? AND c.org_id = ?", person_id, org_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such person")
    return PersonPlace(*found)


def persons_page(database: Database, collection: OpenCollection, after: int, limit: int) -> list[PersonPlace]:
    """Persons of a collection in order of creation after row number `after`."""
    sql = f"{_PERSON} WHERE p.collection = ? AND p.number > ? ORDER BY p.number LIMIT ?"
    return [PersonPlace(*row) for row in database.rows(sql, collection.number, after, limit)]


def number_of_face(database: Database, place: FacePlace) -> int:
    """The row number of a live face."""
    (number,) = database.row("SELECT number FROM faces WHERE face_id = ?", place.face_id) or (0,)
    return int(number)


def number_of_person(database: Database, place: PersonPlace) -> int:
    """The row number of a live person."""
    (number,) = database.row("SELECT number FROM persons WHERE person_id = ?", place.person_id) or (0,)
    return int(number)


def cells_of_face(place: FacePlace) -> list[str]:
    """The cells that are this face's alone (the photo may be shared with other faces)."""
    return [place.face_cell, place.template_cell, place.crop_cell]


def _person_number(database: Database, collection: OpenCollection, person_id: str) -> int:
    found: Row | None = database.row(
        "SELECT number FROM persons WHERE person_id = ? AND collection = ?", person_id, collection.number
    )
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such person")
    return int(found[0])
