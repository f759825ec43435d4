"""A page whose records are opened at once: what that would be refused with refuses the page, before it names anybody.

Without this a page that its reader never got would stand in the log as shown: the server had asked for it, and was then
refused the records.
"""

from collections.abc import Iterable

from facekeep.terms import CellId, CellKind
from facekeep.vault.identity import Caller
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.review import identity
from facekeep.vault.signals import watch
from facekeep.vault.wire import Cell, FacePlace, PersonPlace


def refuse_unless_faces_open(vault: OpenVault, caller: Caller, places: Iterable[FacePlace]) -> None:
    """Count the provenance and names of these faces as seen. Raises what opening them would be refused with."""
    _refuse(vault, caller, (one for place in places for one in _of_face(place)))


def refuse_unless_persons_open(vault: OpenVault, caller: Caller, places: Iterable[PersonPlace]) -> None:
    """The same for the names of these persons."""
    _refuse(vault, caller, (_unread(place.person_cell, CellKind.PERSON) for place in places))


def _refuse(vault: OpenVault, caller: Caller, cells: Iterable[Cell]) -> None:
    wanted = tuple(cells)
    identity.refuse_hidden(vault.database, vault.shelf, caller, wanted)
    watch.see_cells(vault, caller, wanted)


def _of_face(place: FacePlace) -> tuple[Cell, Cell]:
    return _unread(place.face_cell, CellKind.FACE), _unread(place.person_cell, CellKind.PERSON)


def _unread(cell_id: CellId, kind: CellKind) -> Cell:
    return Cell(cell_id, kind, b"")
