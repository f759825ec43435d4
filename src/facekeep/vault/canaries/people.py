"""Names as people and customers have them, drawn at random: what a decoy is called must not be odd."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_FIRST = (
    "Alma", "Bruno", "Carla", "Dario", "Elif", "Farid", "Greta", "Hanna", "Igor", "Jelena", "Kaan", "Lena", "Marko",
    "Nadia", "Olga", "Pavel", "Rosa", "Samir", "Tereza", "Ulla", "Viktor", "Wanda", "Yusuf", "Zora",
)  # fmt: skip
_LAST = (
    "Adler", "Baumann", "Costa", "Dvorak", "Eriksen", "Ferrari", "Gruber", "Horvat", "Ivanov", "Jansen", "Kaya",
    "Lindgren", "Moreau", "Novak", "Olsen", "Petrov", "Rossi", "Schmid", "Toth", "Urban", "Vogel", "Weber", "Zeman",
)  # fmt: skip
_UNITS = (
    "Missing Persons Unit", "Family Tracing Service", "Press Archive", "Photo Archive", "Identification Section",
    "Tracing Bureau", "Cold Case Office", "City Archive",
)  # fmt: skip
_PLACES = (
    "Aarhus", "Basel", "Coimbra", "Dortmund", "Eger", "Florence", "Graz", "Haarlem", "Innsbruck", "Jena", "Krakow",
    "Leiden", "Malmo", "Novi Sad", "Ostrava", "Porto", "Rijeka", "Split", "Turku", "Uppsala", "Verona", "Zadar",
)  # fmt: skip


def person() -> str:
    """A first and a last name."""
    return f"{chosen(_FIRST)} {chosen(_LAST)}"


def organization() -> str:
    """What a customer is called."""
    return f"{chosen(_UNITS)} {chosen(_PLACES)}"


def chosen(among: Sequence[T]) -> T:
    """One of them, each as likely."""
    return among[below(len(among))]


def below(limit: int) -> int:
    """A random number from 0 to before `limit`."""
    return int.from_bytes(os.urandom(8), "big") % limit
