"""Every customer's entries from the vault's own door, a page at a time; the next page comes while one is looked at."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import msgspec

from facekeep.settings import Settings
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import KEEP_CUSTOMER, EntriesPage, ReadEntries

_TIMEOUT_S = 120.0
KEEP = KEEP_CUSTOMER


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One entry as it stands in the log."""

    number: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: dict[str, Any] = {}

    @property
    def minute(self) -> str:
        """The minute it was written in, UTC."""
        return self.at[:16] + "Z"


@dataclass(frozen=True, slots=True)
class Page:
    """Entries of one customer; `missing` of those numbered from `start` to before `end` could not be read."""

    customer: str
    start: int
    end: int
    entries: list[Entry]

    @property
    def is_whole(self) -> bool:
        """Whether every number is there, in order."""
        return [one.number for one in self.entries] == list(range(self.start, self.end))


_DECODER = msgspec.msgpack.Decoder(Entry)


def pages(settings: Settings, incident_id: str, begins_at: str, ends_at: str) -> Iterator[Page]:
    """Every customer's pages in turn, the keep's own first. Raises what the vault raised."""
    client = VaultClient(settings.admin_socket, timeout_s=_TIMEOUT_S)

    def ask(cursor: str) -> EntriesPage:
        message = ReadEntries(incident_id=incident_id, begins_at=begins_at, ends_at=ends_at, cursor=cursor)
        return client.call(message, EntriesPage)

    with ThreadPoolExecutor(1) as ahead:
        try:
            coming = ahead.submit(ask, "")
            while True:
                found = coming.result()
                if found.next_cursor:
                    coming = ahead.submit(ask, found.next_cursor)
                yield _page(found)
                if not found.next_cursor:
                    return
        finally:
            ahead.shutdown(wait=True, cancel_futures=True)
            client.close()


def own_entries(settings: Settings, incident_id: str, begins_at: str, ends_at: str) -> Iterator[Entry]:
    """The keep's own entries alone."""
    for page in pages(settings, incident_id, begins_at, ends_at):
        if page.customer != KEEP:
            return
        yield from page.entries


def _page(found: EntriesPage) -> Page:
    return Page(found.customer, found.start, found.end, [_DECODER.decode(text) for text in found.entries])
