"""Photos grouped into requests: at most 16 photos and 60 MB each, and what was sent before grouped as it was then."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from facekeep.cli.bulk.listing import LeftOut, Listed
from facekeep.cli.bulk.resume import Resume
from facekeep.cli.photo_files import LARGEST_BYTES, read_photo
from facekeep.errors import BadInput

MOST_PHOTOS = 16
# More than a server takes by default: sent alone, so that no neighbor is refused with it.
_LARGE_PHOTO_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """A photo in memory; `key` is the keyed hash that stands for it."""

    listed: Listed
    content: bytes
    key: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One request."""

    key: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A photo that was answered for in an earlier run, or that this run has already: its code."""

    listed: Listed
    code: str


class Batcher:
    """Turns a listing into batches, and passes on what is not to be sent. Reads each photo once."""

    def __init__(self, resume: Resume, *, retry_refused: bool, passed_on: Callable[[LeftOut | Known], None]) -> None:
        self._resume = resume
        self._retry_refused = retry_refused
        self._passed_on = passed_on
        self._old = resume.unanswered()
        self._old_batch_of = {photo: batch for batch, photos in self._old.items() for photo in photos}
        self._waiting: dict[str, dict[str, Item]] = {}
        self._met: set[str] = set()

    def batches(self, listing: Iterable[Listed | LeftOut]) -> Iterator[Batch]:
        """Batches to send, in the order of the listing."""
        open_batch: list[Item] = []
        for item in self._items(listing):
            if item.key in self._old_batch_of:
                yield from self._wait_for_the_rest(item)
                continue
            if open_batch and not _fits(open_batch, item):
                yield self._closed(open_batch)
                open_batch = []
            open_batch.append(item)
        for waiting in self._waiting.values():  # of batches whose other photos are gone
            yield self._closed(list(waiting.values()))
        if open_batch:
            yield self._closed(open_batch)

    def _items(self, listing: Iterable[Listed | LeftOut]) -> Iterator[Item]:
        for one in listing:
            if isinstance(one, LeftOut):
                self._passed_on(one)
            elif (item := self._read(one)) is not None and not self._is_known(item):
                self._met.add(item.key)
                yield item

    def _read(self, listed: Listed) -> Item | None:
        try:
            content = read_photo(listed.path)
        except BadInput as error:
            self._passed_on(LeftOut(str(listed.path), error.code, error.message))
            return None
        return Item(listed, content, self._resume.photo_key(content, listed.facts))

    def _is_known(self, item: Item) -> bool:
        code = "duplicate" if item.key in self._met else self._resume.code_of(item.key)
        if code is None or (self._retry_refused and code not in {"ok", "duplicate"}):
            return False
        self._passed_on(Known(item.listed, code))
        return True

    def _wait_for_the_rest(self, item: Item) -> Iterator[Batch]:
        batch_key = self._old_batch_of[item.key]
        waiting = self._waiting.setdefault(batch_key, {})
        waiting[item.key] = item
        if len(waiting) == len(self._old[batch_key]):
            del self._waiting[batch_key]
            yield Batch(batch_key, tuple(waiting[key] for key in self._old[batch_key]))

    def _closed(self, items: list[Item]) -> Batch:
        keys, facts = [item.key for item in items], [item.listed.facts for item in items]
        return Batch(self._resume.batch_key(keys, facts), tuple(items))


def _fits(batch: list[Item], item: Item) -> bool:
    size = sum(len(one.content) for one in batch) + len(item.content)
    alone = len(item.content) > _LARGE_PHOTO_BYTES or len(batch[0].content) > _LARGE_PHOTO_BYTES
    return len(batch) < MOST_PHOTOS and size <= LARGEST_BYTES and not alone
