"""Sending batches, two at a time, so that one bad photo never harms the others."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from facekeep.cli.bulk.batches import Batch, Item
from facekeep.cli.bulk.resume import OK, Resume
from facekeep.errors import BadInput, Code, group_of
from facekeep_sdk import Client, FacekeepApiError, Photo, PhotoOutcome

_IN_FLIGHT = 2
_ABOUT_THE_COLLECTION = {Code.NOT_FOUND, Code.MODEL_MISMATCH, Code.INVALID_SETTING}  # no photo can be to blame


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one photo: `ok` or a code, and the server's sentence."""

    item: Item
    code: str
    reason: str = ""


def upload(
    client: Client, collection_id: str, batches: Iterable[Batch], resume: Resume, answered: Callable[[Answered], None]
) -> None:
    """Send every batch; `answered` is called in this thread for every photo.

    Raises
    ------
    FacekeepSdkError
        Something that is no photo's fault. What was in flight is waited for and remembered first.
    """
    pending: set[Future[list[Answered]]] = set()
    with ThreadPoolExecutor(_IN_FLIGHT) as threads:
        for batch in batches:
            pending.add(threads.submit(send_batch, client, collection_id, batch, resume))
            if len(pending) >= _IN_FLIGHT:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                _pass_on(done, answered)
        done, _ = wait(pending)
        _pass_on(done, answered)


def send_batch(client: Client, collection_id: str, batch: Batch, resume: Resume) -> list[Answered]:
    """Send one batch, its photos one by one where it is refused as a whole; remembers every answer."""
    resume.sending(batch.key, tuple(item.key for item in batch.items))
    try:
        answers = _sent(client, collection_id, batch)
    except FacekeepApiError as error:
        if not _may_be_one_photos_fault(error):
            raise
        if len(batch.items) > 1:
            singles = [Batch(resume.batch_key([one.key], [one.listed.facts]), (one,)) for one in batch.items]
            return [answer for single in singles for answer in send_batch(client, collection_id, single, resume)]
        answers = [Answered(batch.items[0], error.code, error.message)]
    resume.answered({answer.item.key: answer.code for answer in answers})
    return answers


def _sent(client: Client, collection_id: str, batch: Batch) -> list[Answered]:
    try:
        result = client.enroll(collection_id, [_photo(item) for item in batch.items], idempotency_key=batch.key)
    except FacekeepApiError as error:
        if error.code != Code.IDEMPOTENCY_MISMATCH:
            raise
        # The key names these photos, so they were enrolled before, with facts that were changed since.
        return [Answered(item, OK) for item in batch.items]
    return [_answer(item, outcome) for item, outcome in zip(batch.items, result.photos, strict=True)]


def _photo(item: Item) -> Photo:
    facts = item.listed.facts
    return Photo(
        item.content,
        person_name=facts.person or None,
        source=facts.source,
        license=facts.license,
        legal_basis=facts.legal_basis,
        captured_at=facts.captured_at,
        retain_until=facts.retain_until,
        photo_name=item.listed.path.name.encode(errors="replace").decode()[:200],
        which_face=facts.which_face,
    )


def _answer(item: Item, outcome: PhotoOutcome) -> Answered:
    if outcome.refused is not None:
        return Answered(item, outcome.refused.code, outcome.refused.detail or outcome.refused.title)
    return Answered(item, OK) if outcome.faces else Answered(item, Code.NO_FACE, "no face was found")


def _may_be_one_photos_fault(error: FacekeepApiError) -> bool:
    if error.code not in set(Code) or error.code in _ABOUT_THE_COLLECTION:
        return False
    return group_of(Code(error.code)) is BadInput


def _pass_on(done: Iterable[Future[list[Answered]]], answered: Callable[[Answered], None]) -> None:
    failures = []
    for future in done:
        if (error := future.exception()) is not None:
            failures.append(error)
        else:
            for answer in future.result():
                answered(answer)
    if failures:
        raise failures[0]
