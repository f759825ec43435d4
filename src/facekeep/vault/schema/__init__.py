"""The tables of the vault's database, as steps: a database is brought to the newest by those it has not had yet.

Each step is a module with `SQL`, statements ended by semicolons, that never changes once it was released. What a step
does to a database with data in it is tested.
"""

from facekeep.vault.schema import (
    alarms,
    canaries,
    cases,
    customers,
    decided,
    first,
    freezes,
    incidents,
    places,
    review,
    rotation,
    sign_in,
    signals,
    standing,
)

STEPS: tuple[str, ...] = (
    first.SQL, customers.SQL, places.SQL, cases.SQL, sign_in.SQL, review.SQL, standing.SQL,
    rotation.SQL, alarms.SQL, freezes.SQL, incidents.SQL, canaries.SQL, signals.SQL, decided.SQL,
)  # fmt: skip
"""In order; the version of a database is the number of steps it has had."""


def statements(step: str) -> list[str]:
    """The single statements of a step."""
    return [statement for statement in step.split(";") if statement.strip()]
