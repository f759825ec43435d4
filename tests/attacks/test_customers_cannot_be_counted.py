"""A thief of everything a keep has on disk cannot say who its customers are, nor how many members or searches each has.

Two keeps with as many members and searches in all: one with few customers that have many, one with many that have few.
The thief has the data folder while the keep runs (with write-ahead logs), a backup of it, and everything the processes
wrote about themselves, and tries every estimate of a customer's counts that we could think of. None may follow the
truth: the rank correlation of each stays below what one in a hundred random orders would give, all estimates counted.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest
from customers import Customer, customers
from numpy.typing import NDArray

from facekeep.service.drill import counting, traces
from facekeep.service.drill.counting import chance
from facekeep.service.drill.scanning import Scanner

pytestmark = pytest.mark.timeout(400)
FEW = ((8, 20), (24, 60), (16, 40))
MANY = ((4, 11), (1, 2), (7, 15), (3, 10), (8, 20), (1, 1), (6, 12), (5, 12), (1, 4), (6, 15), (2, 8), (4, 10))
"""(members, searches) of each customer; 48 and 120 in all, both times."""


_CITIES = ("Aarhus", "Bergen", "Cuenca", "Dundee", "Evora", "Faro", "Ghent", "Hobart", "Izmir", "Jena", "Kazan", "Lima")
CUSTOMER, MEMBER = "Bureau of Lost Umbrellas in", "Investigator Quillfeather"


@dataclass
class Gallery:
    """What one customer has, the same for everybody: a collection with a face, which its searches look for."""

    customer: Customer
    collection_id: str
    face_id: str

    @classmethod
    def of(cls, customer: Customer) -> "Gallery":
        collection_id = customer.collection(evaluation=True, score_floor=-1)
        return cls(customer, collection_id, customer.face(collection_id)["face_id"])

    def add_member(self, number: int) -> None:
        self.customer.made("/v1/members", json={"name": f"{MEMBER} {number}", "roles": ["investigator"]})

    def search(self) -> None:
        self.customer.made(f"/v1/faces/{self.face_id}/search", json={"collection_ids": [self.collection_id]})


@dataclass
class Loot:
    """What a thief has: the data folder while the keep ran, a backup of it, and lines that processes wrote."""

    data: Path
    backup: Path
    lines: str
    galleries: list[Gallery]
    truth: NDArray[np.int64]


@pytest.fixture(scope="module", params=[FEW, MANY], ids=["few with many", "many with few"])
def loot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loot:
    folder, truth = tmp_path_factory.mktemp("counted"), np.array(request.param)
    assert truth.sum(axis=0).tolist() == [48, 120]
    with customers(folder) as keep:
        galleries = [Gallery.of(keep.add(f"{CUSTOMER} {city}")) for city, _ in zip(_CITIES, truth, strict=False)]
        _fill(galleries, truth)
        data = folder / "stolen"
        shutil.copytree(folder / "data", data, ignore=shutil.ignore_patterns("*.sock"))
    shutil.copytree(folder / "data", folder / "backup", ignore=shutil.ignore_patterns("*.sock"))
    lines = "".join(path.read_text() for path in (folder / "config").rglob("*.log"))
    return Loot(data, folder / "backup", lines, galleries, truth)


def _fill(galleries: list[Gallery], truth: NDArray[np.int64]) -> None:
    """Members and searches of all customers, mixed."""
    acts: list[Callable[[], None]] = []
    for gallery, (members, searches) in zip(galleries, truth.tolist(), strict=True):
        acts += [lambda gallery=gallery, number=number: gallery.add_member(number) for number in range(members - 1)]  # type: ignore[misc]
        acts += [gallery.search] * searches
    Random(7).shuffle(acts)
    for act in acts:
        act()


def test_no_name_of_a_customer_or_member_can_be_read(loot: Loot) -> None:
    names = [MEMBER, *(text for one in loot.galleries for text in (one.customer.name, one.customer.organization_id))]
    scanner = Scanner([trace for name in names for trace in traces.of_text(name, name)])
    assert scanner.in_folder(loot.data) == []
    assert scanner.in_folder(loot.backup) == []
    assert scanner.in_bytes(loot.lines.encode(), "lines") == []
    assert scanner.in_bytes(f"... {loot.galleries[0].customer.name} ...".encode(), "the control")


def test_no_estimate_of_a_customers_counts_follows_the_truth(loot: Loot) -> None:
    estimates = {
        f"{where.name}: {name}": one for where in (loot.data, loot.backup) for name, one in _guesses(loot, where)
    }
    chances = {
        (name, kind): chance(guess, loot.truth[:, column])
        for name, guess in estimates.items()
        for column, kind in enumerate(("members", "searches"))
    }
    assert chances
    worst = min(chances, key=lambda one: chances[one])
    assert chances[worst] * len(chances) > 0.01, worst


def test_an_estimate_that_follows_the_truth_would_be_noticed() -> None:
    searches = np.array(MANY)[:, 1]
    assert chance(searches + np.arange(12) % 3, searches) < 0.001


def _guesses(loot: Loot, folder: Path) -> list[tuple[str, NDArray[np.float64]]]:
    """How much each customer did, guessed as a drill does, and by what its people know."""
    everything = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    found = counting.guesses(folder, len(loot.galleries))
    assert len(found) == 5
    mentions = [_mentions(everything, one) for one in loot.galleries]
    found["mentions of what a customer's people know"] = np.array(mentions)
    return [(name, guess) for name, guess in found.items() if len(set(guess.tolist())) > 1]


def _mentions(everything: bytes, one: Gallery) -> float:
    known = (one.customer.api_key.split("_")[1], one.collection_id, one.face_id)
    return float(sum(everything.count(word.encode()) for word in known))
