"""A page that is refused with its records names nobody in the log."""

from collections.abc import Iterator

import pytest
from review_room import ReviewRoom

from facekeep.vault import wire

LISTINGS = [(wire.ListFaces, "faces.listed"), (wire.ListPersons, "persons.listed")]


@pytest.fixture(scope="module")
def room() -> Iterator[ReviewRoom]:
    one = ReviewRoom()
    yield one
    one.close()


def listed(room: ReviewRoom, act: str) -> int:
    return sum(one.act == act for one in room.log())


@pytest.mark.parametrize(("listing", "act"), LISTINGS)
def test_hidden_names_refuse_the_page_and_no_id_is_shown(
    room: ReviewRoom, listing: type[wire.Message], act: str
) -> None:
    before = listed(room, act)
    assert room.ask("ann", listing, collection_id=room.collection, with_records=True) == "reveal_needed"
    assert listed(room, act) == before
    assert room.say("ann", listing, collection_id=room.collection).items  # ids alone say who nobody is
    assert room.say("carl", listing, collection_id=room.collection, with_records=True).items
    assert listed(room, act) == before + 2


def test_a_page_of_more_than_a_member_may_see_is_refused_whole(room: ReviewRoom) -> None:
    import numpy as np

    big = room.new_collection("big", wire.Policy())
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((101, 128)).astype(np.float32)
    room.enroll(big, list(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))
    before = listed(room, "faces.listed")
    asked = {"collection_id": big, "with_records": True}
    assert room.ask("carl", wire.ListFaces, limit=101, **asked) == "budget_exhausted"
    assert listed(room, "faces.listed") == before
    page = room.say("carl", wire.ListFaces, limit=20, **asked)
    assert len(page.items) == 20
