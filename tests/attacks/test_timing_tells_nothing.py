"""Whoever holds a stopwatch learns neither which sign-in names exist nor which ids are somebody else's.

Answers to the one kind of question and the other are timed in turns and compared by rank. `share` is how often the one
took longer than the other: 0.5 is what tossing a coin gives. Long runs, not part of the usual suite: a busy machine
blurs what they look for, and an idle one shows it best.
"""

import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from secrets import token_hex
from statistics import median

import pytest
from customers import Customer, Customers, customers

from facekeep.vault.identity import totp

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1_800)]
PASSWORD = "correct horse battery staple"
_CLASS = 0.1  # one look tells them apart in six of ten cases at most
_PEOPLE, _TRIES = 12, 48
_LOOKS = 400


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customers]:
    with customers(tmp_path_factory.mktemp("timing")) as one:
        yield one


def share_longer(first: list[float], second: list[float]) -> float:
    """How often one of `first` is longer than one of `second`; the Mann-Whitney statistic as a share."""
    wins = sum((a > b) + 0.5 * (a == b) for a in first for b in second)
    return wins / (len(first) * len(second))


def milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1e3


def same_class(what: str, first: list[float], second: list[float]) -> None:
    share = share_longer(first, second)
    print(f"{what}: medians {median(first):.3f} and {median(second):.3f} ms, share {share:.3f}, {len(first)} each")
    assert abs(share - 0.5) < _CLASS, what


@pytest.mark.parametrize("kind", ["collections", "faces", "persons", "cases"])
def test_anothers_object_is_as_slow_to_be_not_found_as_none_at_all(everybody: Customers, kind: str) -> None:
    ours, theirs = everybody.add(), everybody.add()
    anothers = _object(theirs, kind)
    prefix = anothers.split("_")[0]
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * _LOOKS + 20):
        is_anothers = number % 2 == 0
        wanted = anothers if is_anothers else f"{prefix}_{token_hex(13)}"
        took = milliseconds(lambda wanted=wanted: _not_found(ours, f"/v1/{kind}/{wanted}"))  # type: ignore[misc]
        if number >= 20:
            times[is_anothers].append(took)
    same_class(kind, times[True], times[False])


def test_a_known_name_is_refused_as_slowly_as_an_unknown_one(everybody: Customers) -> None:
    ours = everybody.add()
    ours.ask("PUT", "/v1/rules", json={"password_sign_in": True})
    known = [_joined(ours, number) for number in range(_PEOPLE)]
    unknown = [f"nobody.of.{number}.{known[number][-5:]}" for number in range(_PEOPLE)]
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * _TRIES):
        names = known if number % 2 == 0 else unknown
        handle = names[number // 2 % _PEOPLE]
        time.sleep(1.1)  # one a second for all names together
        times[number % 2 == 0].append(milliseconds(lambda handle=handle: _refused(ours, handle)))  # type: ignore[misc]
    same_class("names", times[True], times[False])


def test_a_difference_would_be_noticed() -> None:
    assert abs(share_longer([1.2 + i % 5 for i in range(50)], [0.1 + i % 5 for i in range(50)]) - 0.5) > _CLASS


def _object(theirs: Customer, kind: str) -> str:
    collection = theirs.collection()
    face = theirs.face(collection)
    asked = {"purpose": "Testing and training", "legal_basis": "a test"}
    made = {
        "collections": collection,
        "faces": face["face_id"],
        "persons": face["person_id"],
        "cases": theirs.made("/v1/cases", json=asked)["case_id"],
    }
    return str(made[kind])


def _joined(ours: Customer, number: int) -> str:
    """The sign-in name of somebody who joined with a password."""
    invitation = ours.made("/v1/invitations", json={"name": f"Ana {number}", "roles": ["auditor"]})["code"]
    offer = ours.made("/v1/join/begin", json={"invitation": invitation})
    code = totp.code_at(b32decode(offer["password"]["totp_secret"]), int(time.time() // 30))
    accepted = {"invitation": invitation, "ticket": offer["ticket"], "password": PASSWORD, "code": code}
    ours.made("/v1/join/password", json=accepted)
    return str(offer["password"]["handle"])


def _refused(ours: Customer, handle: str) -> None:
    told = {"handle": handle, "password": "wrong", "code": "123456"}
    assert ours.ask("POST", "/v1/sign-in/password", json=told).status_code == 401


def _not_found(ours: Customer, path: str) -> None:
    assert ours.ask("GET", path).status_code == 404
