"""Whose identity stays hidden: records of a collection that asks for reveals open to who keeps it, or who revealed.

Crops are not hidden: whoever decides must see the face. Whole photos are, for what else they show.
"""

from collections.abc import Sequence

from facekeep.errors import Code, Refused
from facekeep.terms import CellKind, Role
from facekeep.vault.database import Database
from facekeep.vault.identity import Caller
from facekeep.vault.shelf import Shelf
from facekeep.vault.wire import Cell

KEEPERS = frozenset({Role.CUSTODIAN, Role.PRIVACY_OFFICER})
_HIDDEN = frozenset({CellKind.PERSON, CellKind.FACE, CellKind.PHOTO})
_REVEALED = (
    "SELECT 1 FROM lead_reveals r JOIN leads l ON l.number = r.lead JOIN faces f ON f.number = l.face"
    " JOIN persons p ON p.number = f.person WHERE r.revealing_person = ?1 AND l.org_id = ?2"
    " AND l.case_id IN (SELECT case_id FROM case_members WHERE member_id = ?3)"
    " AND ?4 IN (f.face_cell, f.photo_cell, p.person_cell)"
)


def refuse_hidden(database: Database, shelf: Shelf, caller: Caller, cells: Sequence[Cell]) -> None:
    """Raise Refused `reveal_needed` where one of these cells says who somebody is and is hidden from the caller.

    A cell that is not there, another organization's, or of a collection that the caller's key is not for, is passed
    over: opening it says that it is not found.
    """
    if caller.roles & KEEPERS:
        return
    if any(_is_hidden(database, shelf, caller, cell) for cell in cells if cell.kind in _HIDDEN):
        raise Refused(
            Code.REVEAL_NEEDED, "identities of this collection stay hidden until you reveal a lead, with a reason"
        )


def _is_hidden(database: Database, shelf: Shelf, caller: Caller, cell: Cell) -> bool:
    found = database.row("SELECT collection FROM cell_keys WHERE cell_id = ?", cell.cell_id)
    if found is None:
        return False
    collection = shelf.by_number(found[0])
    mine = collection.org_id == caller.org_id and caller.sees(collection.collection_id)
    if not mine or not collection.policy.reveal_required:
        return False
    return database.row(_REVEALED, caller.person, caller.org_id, caller.member_id, cell.cell_id) is None
