"""Deliveries: what is told to a webhook, tried until it was taken or a day has passed.

A body holds random ids and a count, nothing of any person. An attempt is counted before it is made, so that a server
that dies over it waits like one that failed. After a failure the webhook, not the delivery, waits: 30 seconds, doubled
each time up to 3 hours, by a random half less, so that a receiver that comes back is not met by everything at once.
At least once: a receiver tells repeats by `delivery_id`.
"""

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from facekeep.vault import clock
from facekeep.vault.database import Database
from facekeep.vault.keys import fresh_id

HIT, TEST = "standing_search.hit", "webhook.test"
DELIVERED = "delivered"
KEEP_TRYING_HOURS = 24
KEPT_DAYS = 30
_FIRST_WAIT_S, _LONGEST_WAIT_S, _ATTEMPT_S = 30.0, 3 * 3600.0, 60.0
_SELECT = (
    "SELECT d.number, d.delivery_id, d.org_id, d.webhook, w.webhook_id, d.event, d.case_id, d.standing_id, d.hits,"
    " d.at, d.attempts, d.state, d.last_attempt_at, d.last_outcome FROM deliveries d JOIN webhooks w"
    " ON w.number = d.webhook"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery, the `number`th that ever was. `attempts` counts those begun."""

    number: int
    delivery_id: str
    org_id: str
    webhook: int
    webhook_id: str
    event: str
    case_id: str
    standing_id: str
    hits: int
    at: str
    attempts: int
    state: str
    last_attempt_at: str | None
    last_outcome: str


def queue_hits(database: Database, org_id: str, case_id: str, standing_id: str, hits: int) -> None:
    """Inside a transaction: tell every webhook of the organization that there are new hits."""
    for (webhook,) in database.rows("SELECT number FROM webhooks WHERE org_id = ? ORDER BY number", org_id):
        _queue(database, org_id, webhook, (HIT, case_id, standing_id, hits))


def queue_test(database: Database, org_id: str, webhook: int) -> None:
    """Inside a transaction: a delivery that tells of nothing; tried at once."""
    _queue(database, org_id, webhook, (TEST, "", "", 0))
    database.run("UPDATE webhooks SET not_before = '' WHERE number = ?", webhook)


def next_due(database: Database) -> Delivery | None:
    """The delivery to try now: of webhooks that do not wait, the one tried least, then the oldest."""
    row = database.row(
        f"{_SELECT} WHERE d.state = 'pending' AND w.not_before <= ? ORDER BY d.attempts, d.number LIMIT 1",
        clock.timestamp(),
    )
    return None if row is None else Delivery(*row)


def begin_attempt(database: Database, delivery: Delivery) -> None:
    """Inside a transaction: count an attempt; until it ends, or for a minute, its webhook is left alone."""
    database.run(
        "UPDATE deliveries SET attempts = attempts + 1, last_attempt_at = ?, last_outcome = 'under_way'"
        " WHERE number = ?",
        clock.timestamp(),
        delivery.number,
    )
    _wait(database, delivery.webhook, _ATTEMPT_S)


def pending(database: Database, delivery_id: str) -> Delivery | None:
    """A delivery that was not taken and not given up yet."""
    row = database.row(f"{_SELECT} WHERE d.delivery_id = ? AND d.state = 'pending'", delivery_id)
    return None if row is None else Delivery(*row)


def end_attempt(database: Database, delivery: Delivery, outcome: str) -> None:
    """Inside a transaction: what became of an attempt."""
    database.run("UPDATE deliveries SET last_outcome = ? WHERE number = ?", outcome, delivery.number)
    if outcome == DELIVERED:
        database.run("UPDATE deliveries SET state = 'delivered' WHERE number = ?", delivery.number)
        database.run("UPDATE webhooks SET failures = 0, not_before = '' WHERE number = ?", delivery.webhook)
        return
    (failures,) = database.row("SELECT failures FROM webhooks WHERE number = ?", delivery.webhook) or (0,)
    database.run("UPDATE webhooks SET failures = failures + 1 WHERE number = ?", delivery.webhook)
    _wait(database, delivery.webhook, wait_after(failures) * _jitter())


def wait_after(failures: int) -> float:
    """The longest wait, in seconds, after one more failure than these."""
    return min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures, 20))


def give_up_old(database: Database) -> list[Delivery]:
    """Deliveries that have been tried, or could not be, for a day; the caller gives them up with `give_up`."""
    sql = f"{_SELECT} WHERE d.state = 'pending' AND d.at <= ? ORDER BY d.number"
    return [Delivery(*row) for row in database.rows(sql, clock.timestamp(hours=-KEEP_TRYING_HOURS))]


def give_up(database: Database, delivery: Delivery) -> None:
    """Inside a transaction: stop trying; it stays in the listing."""
    database.run("UPDATE deliveries SET state = 'given_up' WHERE number = ?", delivery.number)


def has_old(database: Database) -> bool:
    """Whether `forget_old` has anything to do."""
    return database.row("SELECT 1 FROM deliveries WHERE at < ? LIMIT 1", clock.timestamp(days=-KEPT_DAYS)) is not None


def forget_old(database: Database) -> None:
    """Inside a transaction: drop deliveries from the listing after 30 days."""
    database.run("DELETE FROM deliveries WHERE at < ?", clock.timestamp(days=-KEPT_DAYS))


def newest(database: Database, webhook: int, limit: int) -> list[Delivery]:
    """The newest deliveries of a webhook, newest first."""
    return [
        Delivery(*row)
        for row in database.rows(f"{_SELECT} WHERE d.webhook = ? ORDER BY d.number DESC LIMIT ?", webhook, limit)
    ]


def count(database: Database, webhook: int, state: str) -> int:
    """How many deliveries of a webhook are in a state."""
    found = database.row("SELECT count(*) FROM deliveries WHERE webhook = ? AND state = ?", webhook, state)
    return int(found[0]) if found else 0


def body(delivery: Delivery) -> bytes:
    """What is sent: JSON with random ids and a count."""
    facts: dict[str, str | int] = {"event": delivery.event, "delivery_id": delivery.delivery_id, "at": delivery.at}
    if delivery.event == HIT:
        facts |= {"case_id": delivery.case_id, "standing_id": delivery.standing_id, "hits": delivery.hits}
    return msgspec.json.encode(facts)


def signature(secret: str, content: bytes, at: int) -> str:
    """The value of the header `Facekeep-Signature` for a body sent at `at`, seconds since 1970."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + content, sha256).hexdigest()
    return f"t={at},v1={mac}"


def _queue(database: Database, org_id: str, webhook: int, told: tuple[str, str, str, int]) -> None:
    """`told` is the event, the case, the standing search, and how many hits."""
    database.run(
        "INSERT INTO deliveries (delivery_id, org_id, webhook, event, case_id, standing_id, hits, at, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending')",
        fresh_id("dlv"),
        org_id,
        webhook,
        *told,
        clock.timestamp(),
    )


def _jitter() -> float:
    """From a half to 1."""
    return 0.5 + int.from_bytes(os.urandom(4), "big") / 2**33


def _wait(database: Database, webhook: int, seconds: float) -> None:
    not_before = clock.timestamp(hours=seconds / 3600)
    database.run("UPDATE webhooks SET not_before = ? WHERE number = ?", not_before, webhook)
