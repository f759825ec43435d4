"""Webhooks and deliveries in the vault: secrets, signatures, waits, giving up, and bodies that name nobody."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from secrets import token_hex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import added, opened_case
from standing_driver import Watch, running_watch
from vault_driver import code_of, unit

from facekeep.terms import Role
from facekeep.vault import clock, wire
from facekeep.vault.database import Database
from facekeep.vault.identity import Caller
from facekeep.vault.standing import deliveries
from facekeep.vault.standing.webhooks import MOST_WEBHOOKS, Webhooks
from facekeep_sdk import WebhookRefused, verify_webhook

URL = "https://alerts.example.org/facekeep"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with running_watch(tmp_path_factory.mktemp("vault")) as one:
        yield one


@pytest.fixture
def watch(shared: Watch) -> Iterator[Watch]:
    """A case and a collection of its own, and no webhook."""
    case_id = opened_case(shared.ask, shared.ann.session)
    yield replace(shared, case_id=case_id, collection=shared.vault.collection(token_hex(8), wire.Policy()))
    shared.sign_in_again()
    for one in shared.ask(wire.ListWebhooks(session=shared.admin.session)).items:
        shared.ask(wire.RemoveWebhook(session=shared.admin.session, webhook_id=one.webhook_id))


def set_one(watch: Watch, url: str = URL) -> wire.WebhookSet:
    return watch.vault.server.call(wire.SetWebhook(session=watch.admin.session, url=url), wire.WebhookSet)


def sign(watch: Watch) -> wire.SignedDelivery:
    return watch.vault.server.call(wire.SignDelivery(), wire.SignedDelivery)


def done(watch: Watch, delivery: wire.SignedDelivery, outcome: str = "delivered") -> None:
    watch.ask(wire.DeliveryDone(delivery_id=delivery.delivery_id or "", outcome=outcome))


def test_a_hit_is_told_to_every_webhook_with_ids_and_a_count_alone(watch: Watch) -> None:
    secrets = {url: set_one(watch, url).secret for url in (URL, f"{URL}/2")}
    standing = watch.active(unit("x"), reason="Looking for Ana Horvat")
    places = watch.vault.enroll(watch.collection, {"Ana": [unit("x")], "Ana H": [unit("x")], "Bo": [unit("bo")]})
    watch.compare()
    for delivery in (sign(watch), sign(watch)):
        event = verify_webhook(secrets[delivery.url], delivery.signature, delivery.body)
        assert (event.event, event.case_id, event.standing_id, event.hits) == (
            "standing_search.hit", watch.case_id, standing, 2,
        )  # fmt: skip
        assert set(json.loads(delivery.body)) == {"event", "case_id", "standing_id", "hits", "delivery_id", "at"}
        hidden = [b"Ana", b"Horvat", *(part.encode() for one in places for part in (one.face_id, one.person_id))]
        assert not any(one in delivery.body for one in hidden)
        done(watch, delivery)
    assert sign(watch).delivery_id is None


def test_nothing_is_told_of_a_comparison_without_hits(watch: Watch) -> None:
    set_one(watch)
    watch.active(unit("x"))
    watch.vault.enroll(watch.collection, {"stranger": [unit("stranger")]})
    assert watch.compare() == 1
    assert sign(watch).delivery_id is None


def test_a_secret_is_shown_once_and_a_new_one_makes_the_old_worthless(watch: Watch) -> None:
    first = set_one(watch)
    listed = watch.ask(wire.ListWebhooks(session=watch.admin.session))
    assert [one.url for one in listed.items] == [URL]
    assert first.secret not in str(listed)
    second = set_one(watch)
    assert (second.webhook.webhook_id, second.secret != first.secret) == (first.webhook.webhook_id, True)
    watch.ask(wire.TestWebhook(session=watch.admin.session, webhook_id=first.webhook.webhook_id))
    delivery = sign(watch)
    assert verify_webhook(second.secret, delivery.signature, delivery.body).event == "webhook.test"
    with pytest.raises(WebhookRefused):
        verify_webhook(first.secret, delivery.signature, delivery.body)


def test_a_removed_webhook_is_told_nothing_more(watch: Watch) -> None:
    made = set_one(watch)
    watch.ask(wire.TestWebhook(session=watch.admin.session, webhook_id=made.webhook.webhook_id))
    watch.ask(wire.RemoveWebhook(session=watch.admin.session, webhook_id=made.webhook.webhook_id))
    assert sign(watch).delivery_id is None


def test_an_attempt_is_counted_before_it_is_made_and_survives_a_kill(watch: Watch) -> None:
    made = set_one(watch)
    watch.ask(wire.TestWebhook(session=watch.admin.session, webhook_id=made.webhook.webhook_id))
    delivery = sign(watch)
    assert sign(watch).delivery_id is None  # its webhook is left alone for a minute
    watch.vault.kill()
    watch.vault.restart()
    watch.sign_in_again()
    assert sign(watch).delivery_id is None
    (shown,) = watch.ask(wire.ListWebhooks(session=watch.admin.session)).items
    assert [(one.attempts, one.state, one.last_outcome) for one in shown.deliveries] == [(1, "pending", "under_way")]
    done(watch, delivery, "status_500")
    done(watch, delivery, "delivered")  # late, but it may be true
    (shown,) = watch.ask(wire.ListWebhooks(session=watch.admin.session)).items
    assert [(one.state, one.last_outcome) for one in shown.deliveries] == [("delivered", "delivered")]
    done(watch, delivery, "status_500")
    (shown,) = watch.ask(wire.ListWebhooks(session=watch.admin.session)).items
    assert shown.deliveries[0].state == "delivered"


def test_only_admins_set_webhooks_and_there_are_few(watch: Watch) -> None:
    message = wire.SetWebhook(session=watch.ann.session, url=URL)
    assert code_of(watch.ask, message) == "forbidden"
    auditor = added(watch.ask, watch.admin.session, "Aud", [Role.AUDITOR])
    assert watch.ask(wire.ListWebhooks(session=auditor.session)).items == ()
    for number in range(MOST_WEBHOOKS):
        set_one(watch, f"{URL}/{number}")
    assert code_of(set_one, watch) == "conflict"


def test_attempts_and_outcomes_are_in_the_log_without_addresses(watch: Watch) -> None:
    made = set_one(watch)
    watch.ask(wire.TestWebhook(session=watch.admin.session, webhook_id=made.webhook.webhook_id))
    done(watch, sign(watch), "timed_out")
    sent = watch.entries("webhook.sent")[-1]
    assert (sent.outcome, sent.facts["webhook"]) == ("timed_out", made.webhook.webhook_id)
    assert not any("alerts.example" in str(entry) or made.secret in str(entry) for entry in watch.vault.log())


# ---- waits, with a clock that is moved -------------------------------------------------------------------------------


class Moved:
    """A database with one webhook, under a clock of its own."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = database
        self._start, self._by = clock.now(), timedelta()
        monkeypatch.setattr(clock, "now", lambda: self._start + self._by)
        caller = Caller("org_1", "mem_1", "", "key", frozenset(Role))
        with database.transaction():
            Webhooks(database, bytes(32)).set(caller, URL)

    def wait(self, **by: float) -> None:
        self._by += timedelta(**by)

    def queue(self) -> None:
        with self.database.transaction():
            deliveries.queue_hits(self.database, "org_1", "cas_1", "sts_1", 1)

    def attempt(self, outcome: str) -> bool:
        due = deliveries.next_due(self.database)
        if due is None:
            return False
        with self.database.transaction():
            deliveries.begin_attempt(self.database, due)
        with self.database.transaction():
            deliveries.end_attempt(self.database, due, outcome)
        return True


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moved]:
    database = Database(tmp_path / "vault.db", bytes(32))
    yield Moved(database, monkeypatch)
    database.close()


def test_waits_double_and_a_day_of_them_is_less_than_thirty_attempts(moved: Moved) -> None:
    moved.queue()
    tries: list[float] = []
    for second in range(0, 24 * 3600, 15):
        if moved.attempt("status_503"):
            tries.append(second)
        moved.wait(seconds=15)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert 12 <= len(tries) <= 30
    for number, gap in enumerate(gaps):
        assert deliveries.wait_after(number) / 2 <= gap <= deliveries.wait_after(number) + 15
    assert [one.delivery_id for one in deliveries.give_up_old(moved.database)]


def test_a_success_ends_the_wait_and_the_rest_follows_at_once(moved: Moved) -> None:
    moved.queue()
    moved.queue()
    assert moved.attempt("timed_out")
    assert not moved.attempt("delivered")
    moved.wait(seconds=31)
    assert moved.attempt("delivered")
    assert moved.attempt("delivered")
    assert not moved.attempt("delivered")


def test_one_delivery_that_is_never_taken_does_not_starve_the_others(moved: Moved) -> None:
    moved.queue()
    assert moved.attempt("status_400")
    moved.queue()
    moved.wait(seconds=31)
    due = deliveries.next_due(moved.database)
    assert due is not None
    assert due.attempts == 0


def test_after_a_day_it_is_given_up_and_after_a_month_forgotten(moved: Moved) -> None:
    moved.queue()
    moved.wait(hours=25)
    with moved.database.transaction():
        for one in deliveries.give_up_old(moved.database):
            deliveries.give_up(moved.database, one)
    assert deliveries.next_due(moved.database) is None
    assert deliveries.count(moved.database, 1, "given_up") == 1
    moved.wait(days=31)
    assert deliveries.has_old(moved.database)
    with moved.database.transaction():
        deliveries.forget_old(moved.database)
    assert deliveries.newest(moved.database, 1, 10) == []


# ---- signatures ------------------------------------------------------------------------------------------------------

SECRET, AT = "whsec_x", 1_772_323_200
BODY = b'{"event":"webhook.test","delivery_id":"dlv_1","at":"2026-03-01T00:00:00Z"}'


def test_a_signature_is_hmac_sha256_over_time_and_body() -> None:
    header = deliveries.signature("whsec_x", b"{}", 1)
    assert header == "t=1,v1=" + expected_by_hand("whsec_x", b"1.{}")


def expected_by_hand(secret: str, text: bytes) -> str:
    """HMAC as RFC 2104 writes it, with nothing but a hash."""
    key = secret.encode().ljust(64, b"\0")
    inner = sha256(bytes(one ^ 0x36 for one in key) + text).digest()
    return sha256(bytes(one ^ 0x5C for one in key) + inner).hexdigest()


def test_a_good_delivery_is_taken() -> None:
    event = verify_webhook(SECRET, deliveries.signature(SECRET, BODY, AT), BODY, now=AT + 299)
    assert (event.event, event.delivery_id, event.hits) == ("webhook.test", "dlv_1", 0)


@pytest.mark.parametrize("late", [301, -301, 86_400, 10**9])
def test_a_replayed_delivery_is_refused(late: int) -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook(SECRET, deliveries.signature(SECRET, BODY, AT), BODY, now=AT + late)


def test_a_replay_with_a_fresh_time_is_refused() -> None:
    mac = deliveries.signature(SECRET, BODY, AT).partition(",")[2]
    with pytest.raises(WebhookRefused):
        verify_webhook(SECRET, f"t={AT + 600},{mac}", BODY, now=AT + 600)


@given(st.data())
def test_an_altered_byte_is_refused(data: st.DataObject) -> None:
    header = deliveries.signature(SECRET, BODY, AT)
    place = data.draw(st.integers(0, len(header) + len(BODY) - 1))
    altered = bytearray(header.encode() + BODY)
    altered[place] ^= data.draw(st.integers(1, 127))
    head = bytes(altered[: len(header)]).decode("latin-1")
    with pytest.raises(WebhookRefused):
        verify_webhook(SECRET, head, bytes(altered[len(header) :]), now=AT)


@pytest.mark.parametrize(
    "header", ["", "t=1", "v1=" + "0" * 64, f"t={AT},v1=" + "0" * 64, f"t=٣,v1={'0' * 64}", "t=-1,v1=" + "a" * 64]
)
def test_a_forged_signature_is_refused(header: str) -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook(SECRET, header, BODY, now=AT)


def test_an_empty_secret_verifies_nothing() -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook("", deliveries.signature("", BODY, AT), BODY, now=AT)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"event":1}', b"{}" + b" " * 70_000])
def test_a_signed_body_that_is_no_event_is_refused(content: bytes) -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook(SECRET, deliveries.signature(SECRET, content, AT), content, now=AT)


