"""Use-cases over a real vault, store, search engine and faces worker, also when one of them fails."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread

import numpy as np
import pytest

from facekeep.errors import Code, FacekeepError, Refused, Tampered, Unavailable
from facekeep.service.collections import show_collection
from facekeep.service.enroll import PhotoToEnroll, enroll
from facekeep.service.faces import list_faces
from facekeep.service.forget import forget_face
from facekeep.service.housekeeping import tidy
from facekeep.service.idempotency import alone, once
from facekeep.service.keep import Keep
from facekeep.service.persons import create_person, list_persons
from facekeep.service.search import search_by_photo
from facekeep.service.sessions import end_session, open_session
from facekeep.service.verify import verify_face, verify_photos
from facekeep.store import Store
from facekeep.terms import BlockId, CellId, SealedCell
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import Compare, Grant, GrantSearch, Message, OpenCells, SealFaces

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class FailingStore:
    """The real store until `put` is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, cells: Sequence[SealedCell], blocks: Mapping[BlockId, bytes]) -> None:
        raise Unavailable(Code.DISK_FULL, "the disk is full")

    def get(self, cell_ids: Sequence[CellId]) -> dict[CellId, SealedCell]:
        return self._store.get(cell_ids)


class CountingVault:
    """The real vault, with the messages that went to it; `before` runs ahead of each."""

    def __init__(self, vault: VaultClient, before=lambda message: None) -> None:
        self._vault = vault
        self._before = before
        self.sent: list[Message] = []

    def call(self, request, expected):
        self._before(request)
        self.sent.append(request)
        return self._vault.call(request, expected)

    def count(self, kind: type[Message]) -> int:
        return sum(isinstance(one, kind) for one in self.sent)


def test_nothing_is_acknowledged_that_the_store_did_not_take(keep, session, collection, portraits, enrolled):
    broken = replace(keep, store=FailingStore(keep.store))
    with pytest.raises(Unavailable) as caught:
        enrolled(broken, portraits[0])
    assert caught.value.code is Code.DISK_FULL
    with pytest.raises(Unavailable):
        create_person(broken, session, collection, "Ada", None)
    assert show_collection(keep, session, collection).faces == 0
    assert list_faces(keep, session, collection, None, cursor="", limit=10).items == ()
    assert len(enrolled(keep, portraits[0]).photos[0].faces) == 1


def test_a_failed_request_may_be_sent_again_under_its_key(keep, session, collection, portraits):
    photos, asked = [PhotoToEnroll(portraits[0])], once("again", b"one photo")
    with pytest.raises(Unavailable):
        enroll(replace(keep, store=FailingStore(keep.store)), session, collection, photos, now=NOW, asked=asked)
    done = enroll(keep, session, collection, photos, now=NOW, asked=asked)
    assert done.entry is not None
    assert enroll(keep, session, collection, photos, now=NOW, asked=asked) == replace(done, entry=None)
    assert show_collection(keep, session, collection).faces == 1


def test_a_request_repeated_while_it_runs_is_asked_to_wait(keep):
    asked = once("k", b"body")
    with alone(keep, asked):
        with pytest.raises(Unavailable) as caught, alone(keep, asked):
            pass
        assert caught.value.code is Code.BUSY
        with alone(keep, once("k", b"other body")), alone(keep, None):
            pass
    with alone(keep, asked):
        pass


def test_a_page_of_names_is_opened_with_one_call(keep, session, collection, portraits, enrolled):
    enrolled(keep, *portraits)
    counting = CountingVault(keep.vault)
    watched = replace(keep, vault=counting)
    assert len(list_persons(watched, session, collection, cursor="", limit=100).items) == len(portraits)
    assert len(list_faces(watched, session, collection, None, cursor="", limit=100).items) == len(portraits)
    assert counting.count(OpenCells) == 2


def test_a_search_is_granted_again_when_the_gallery_moved(keep, session, collection, portraits, enrolled):
    faces = [photo.faces[0] for photo in enrolled(keep, *portraits).photos]
    moved = Event()

    def forget_between(message: Message) -> None:
        if type(message).__name__ == "OpenSums" and not moved.is_set():
            moved.set()
            forget_face(keep, session, faces[1].face_id)

    counting = CountingVault(keep.vault, forget_between)
    answer = search_by_photo(replace(keep, vault=counting), session, [collection], portraits[0])
    assert counting.count(GrantSearch) == 2
    assert answer.found.candidates[0].face_id == faces[0].face_id
    assert answer.found.gallery == len(portraits) - 1


def test_a_gallery_that_never_rests_is_given_up_after_five_grants(keep, session, collection, portraits, enrolled):
    enrolled(keep, portraits[0])

    def refuse(message: Message) -> None:
        if type(message).__name__ == "OpenSums":
            raise Unavailable(Code.STALE, "moved")

    counting = CountingVault(keep.vault, refuse)
    with pytest.raises(Unavailable) as caught:
        search_by_photo(replace(keep, vault=counting), session, [collection], portraits[0])
    assert caught.value.code is Code.STALE
    assert counting.count(GrantSearch) == 5


def test_an_empty_gallery_has_no_candidates(keep, session, collection, portraits):
    found = search_by_photo(keep, session, [collection], portraits[0]).found
    assert (found.candidates, found.gallery) == ((), 0)


def test_forgetting_seals_the_survivors_anew_and_deletes_what_nothing_opens(
    keep, session, collection, portraits, enrolled
):
    faces = [photo.faces[0] for photo in enrolled(keep, *portraits[:3]).photos]
    before = _live_blocks(keep, session, collection, portraits[0])
    forget_face(keep, session, faces[0].face_id)
    after = _live_blocks(keep, session, collection, portraits[0])
    assert len(before) == len(after) == 1
    assert before.isdisjoint(after)
    with pytest.raises(Tampered):
        keep.store.block_path(next(iter(before)))


def test_many_small_blocks_are_merged(keep, session, collection, portraits, enrolled):
    for place in range(18):
        enrolled(keep, portraits[place % len(portraits)])
    assert len(_live_blocks(keep, session, collection, portraits[0])) == 18
    tidy(keep)
    assert len(_live_blocks(keep, session, collection, portraits[0])) <= 16
    best = search_by_photo(keep, session, [collection], portraits[1]).found.candidates[0]
    assert best.score > 0.9


def test_searches_and_forgets_at_once_agree_with_one_after_the_other(keep, session, collection, portraits, enrolled):
    kept = enrolled(keep, portraits[0]).photos[0].faces[0]
    doomed = [photo.faces[0].face_id for photo in enrolled(keep, *portraits[1:], *portraits[1:]).photos]
    failures: list[FacekeepError] = []

    def forget_all() -> None:
        try:
            for face_id in doomed:
                forget_face(keep, session, face_id)
        except FacekeepError as error:
            failures.append(error)

    forgetting = Thread(target=forget_all)
    forgetting.start()
    while forgetting.is_alive():
        found = search_by_photo(keep, session, [collection], portraits[0]).found
        assert found.candidates[0].face_id == kept.face_id
    forgetting.join()
    assert failures == []
    assert show_collection(keep, session, collection).faces == 1


def test_photos_are_enrolled_by_templates_and_searched_for_by_probes(keep, session, collection, portraits, enrolled):
    face = keep.faces.analyze(portraits[:1], probes=True)[0].faces[0]
    vault = CountingVault(keep.vault)
    watched = replace(keep, vault=vault)
    face_id = enrolled(watched, portraits[0]).photos[0].faces[0].face_id
    search_by_photo(watched, session, [collection], portraits[0])
    verify_face(watched, session, portraits[0], face_id)
    verify_photos(watched, session, portraits[0], portraits[0])
    (sealed,) = (one.faces[0].template for one in vault.sent if isinstance(one, SealFaces))
    searched, verified = (one.probes for one in vault.sent if isinstance(one, GrantSearch))
    ((first, second),) = ((one.first, one.second) for one in vault.sent if isinstance(one, Compare))
    np.testing.assert_allclose(np.frombuffer(sealed, "<f4"), face.template, atol=1e-5)
    for sent in (searched, verified, first, second):
        np.testing.assert_allclose(np.frombuffer(sent, "<f4"), face.probe, atol=1e-5)


@pytest.mark.parametrize("key", ["", "fk_wrong", "k" * 201, "schlüssel", "\x00"])
def test_wrong_keys_open_no_session(keep, key):
    with pytest.raises(Refused) as caught:
        open_session(keep, key)
    assert caught.value.code is Code.UNAUTHENTICATED


def test_an_ended_session_opens_nothing(keep, vault_process, collection):
    token = open_session(keep, vault_process.api_key)
    end_session(keep, token)
    with pytest.raises(Refused):
        show_collection(keep, token, collection)


def _live_blocks(keep: Keep, session, collection, photo: bytes) -> set[BlockId]:
    template = keep.faces.analyze([photo])[0].faces[0].template
    message = GrantSearch(session=session, collection_ids=(collection,), probes=template.tobytes())
    return {block.block_id for block in keep.vault.call(message, Grant).blocks}
