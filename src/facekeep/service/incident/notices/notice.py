"""One notice: sections with marks where a person must write, which are listed at its end and counted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from facekeep.service.incident.notices.sentences import MARK, SECTIONS, UTC_TIMES, WRITE
from facekeep.service.incident.words import Section

MARKED = re.compile(rf"\[{MARK}: ([^\]]*)\]")


def required(slot: str) -> str:
    """The mark for what a person must write there."""
    return f"[{MARK}: {WRITE[slot]}]"


@dataclass(frozen=True, slots=True)
class Notice:
    """A document. `name` is its file below the folder, without an ending; `due_at` is empty where no time is fixed."""

    name: str
    title: str
    body: tuple[Section, ...]
    due_at: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """What a person must still write, in order."""
        return tuple(found for text in texts(self.body) for found in MARKED.findall(text))

    @property
    def sections(self) -> tuple[Section, ...]:
        """The body, and the list of what is still to be written."""
        rows = (("", ""), *((MARK, one) for one in self.marks))
        last = Section(SECTIONS["marks"], (), rows) if self.marks else None
        first = Section(self.title, (*self.body[0].sentences, UTC_TIMES), self.body[0].rows)
        return (first, *self.body[1:], *([last] if last else []))


def texts(sections: tuple[Section, ...]) -> Iterator[str]:
    """Every text of sections, in order."""
    for one in sections:
        yield one.title
        yield from one.sentences
        for row in one.rows:
            yield from row
