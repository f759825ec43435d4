"""Entries that name every record they speak of: as many as it takes, written together.

An incident report says which records somebody saw, so an outcome names each, not only how many there were. An id takes
31 bytes of the 945 that an entry has, beside who, when and what.
"""

from collections.abc import Mapping, Sequence

from facekeep.terms import CellKind
from facekeep.vault.database import Database
from facekeep.vault.journal import Facts

IDS_AN_ENTRY = 20
IDS_ASKED_FOR = 8  # that the entry of a question names; an answer to it names the others
_FACT_OF = {
    CellKind.PERSON: "names",
    CellKind.FACE: "provenance",
    CellKind.CROP: "crops",
    CellKind.PHOTO: "photos",
    CellKind.TEMPLATE: "templates",
}


def naming(act: str, common: Facts, named: Mapping[str, Sequence[str]]) -> list[tuple[str, Facts]]:
    """Entries of `act`, each with the `common` facts and some of the ids under their facts' names; one at least."""
    pairs = [(fact, one) for fact, ids in named.items() for one in dict.fromkeys(ids)]
    return [
        (act, common | _grouped(pairs[start : start + IDS_AN_ENTRY]))
        for start in range(0, max(1, len(pairs)), IDS_AN_ENTRY)
    ]


def opened_by(database: Database, cell_ids: Sequence[str]) -> dict[str, list[str]]:
    """Whose records some cells are, by the fact that names them; a photo is every face's that is on it."""
    found: dict[str, list[str]] = {}
    for cell_id in cell_ids:
        kind, owner = database.row("SELECT kind, owner FROM cell_keys WHERE cell_id = ?", cell_id) or (None, None)
        if kind is not None:
            found.setdefault(_FACT_OF[CellKind(kind)], []).extend(_owners(database, CellKind(kind), cell_id, owner))
    return found


def _owners(database: Database, kind: CellKind, cell_id: str, owner: int | None) -> list[str]:
    match kind:
        case CellKind.PERSON:
            rows = database.rows("SELECT person_id FROM persons WHERE number = ?", owner)
        case CellKind.PHOTO:
            rows = database.rows("SELECT face_id FROM faces WHERE photo_cell = ? ORDER BY number", cell_id)
        case _:
            rows = database.rows("SELECT face_id FROM faces WHERE number = ?", owner)
    return [one for (one,) in rows]


def _grouped(pairs: Sequence[tuple[str, str]]) -> Facts:
    grouped: dict[str, list[str]] = {}
    for fact, one in pairs:
        grouped.setdefault(fact, []).append(one)
    return {fact: " ".join(ids) for fact, ids in grouped.items()}
