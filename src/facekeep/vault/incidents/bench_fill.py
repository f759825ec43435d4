"""Fill a fresh vault's log with entries as searches and listings leave them, to time reports about it.

Run as a program by `facekeep bench incident`; the vault it leaves is closed and opens with the key file.
"""

from pathlib import Path

import click

from facekeep.vault import wire
from facekeep.vault.identity.organizations import CUSTOMERS
from facekeep.vault.journal import Facts
from facekeep.vault.keeper import Keeper
from facekeep.vault.keys import fresh_id
from facekeep.vault.open_vault import OpenVault

_AT_ONCE = 4_000
_CUSTOMERS, _FACES, _KEYS = 20, 5_000, 8
_SHOWN = 10

Said = tuple[str, str, Facts]


class Customers:
    """Ids as entries name them, of customers that are not there."""

    def __init__(self) -> None:
        self._faces = [fresh_id("fac") for _ in range(_FACES)]
        self._persons = [fresh_id("per") for _ in range(_FACES)]
        self._collection, self._grant = fresh_id("col"), fresh_id("gra")
        self._by: Facts = {"by": fresh_id("mem"), "session": fresh_id("ses")}
        self.keys = [fresh_id("k")[2:12] for _ in range(_KEYS)]

    def search(self, number: int) -> list[Said]:
        """The five entries of one search of many, with ten candidates whose records are opened."""
        start = number * 7 % (_FACES - _SHOWN)
        faces = " ".join(self._faces[start : start + _SHOWN])
        persons = " ".join(self._persons[start : start + _SHOWN])
        opened: Facts = {"cells": 2 * _SHOWN, "names": persons, "provenance": faces}
        return [
            ("search.ask", "asked", self._by | {"collections": self._collection, "top_k": _SHOWN}),
            ("search.released", "done", self._by | {"grant": self._grant, "released": _SHOWN, "withheld": 0}),
            ("search.released_faces", "done", self._by | {"grant": self._grant, "faces": faces}),
            ("record.open", "asked", self._by | {"cells": 2 * _SHOWN, "kinds": "face person"}),
            ("record.opened", "done", self._by | opened),
        ]


@click.command()
@click.option("--vault", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--key-file", type=click.Path(path_type=Path), required=True)
@click.option("--entries", type=click.IntRange(1), required=True)
def main(folder: Path, key_file: Path, entries: int) -> None:
    """Make the vault and write so many entries, of twenty customers."""
    keeper = Keeper(folder)
    request = wire.Initialize(method="key_file", organization="Customer", member="Op", key_file=str(key_file))
    keeper.operate(request)
    for number in range(1, _CUSTOMERS):
        keeper.operate(wire.AddOrganization(name=f"Customer {number}", admin="Op", is_program=True))
    vault = keeper._open
    assert vault is not None
    _fill(vault, entries)
    keeper.seal()


def _fill(vault: OpenVault, entries: int) -> None:
    sql = f"SELECT org_id FROM {CUSTOMERS} ORDER BY rowid"  # noqa: S608  a constant
    customers = [org_id for (org_id,) in vault.database.rows(sql)]
    made, written = Customers(), 0
    while written < entries:
        org_id = customers[written // _AT_ONCE % len(customers)]
        said = [one for at in range(_AT_ONCE // 5) for one in made.search(written // 5 + at)][: entries - written]
        vault.journal.write_all(org_id, made.keys[written // _AT_ONCE % _KEYS], said)
        with vault.database.transaction():
            vault.journal.save_anchor()
        written += len(said)


if __name__ == "__main__":
    main()
