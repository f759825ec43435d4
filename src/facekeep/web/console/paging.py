"""Lists that a page shows whole, read page by page."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)
_MOST_PAGES = 20


class Paged(Protocol[T_co]):
    """What lists of the service have in common; `next_cursor` is empty at the end."""

    @property
    def items(self) -> Sequence[T_co]:
        """What is on this page of it."""

    @property
    def next_cursor(self) -> str:
        """Where the next page begins."""


def all_of(ask: Callable[[str], Paged[T_co]]) -> list[T_co]:
    """Every item of a list, or of its first 20 pages. `ask` gets a page by its cursor."""
    found: list[T_co] = []
    cursor = ""
    for _ in range(_MOST_PAGES):
        answer = ask(cursor)
        found += answer.items
        cursor = answer.next_cursor
        if not cursor:
            break
    return found
