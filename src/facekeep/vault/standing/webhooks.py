"""Webhooks of an organization: an address, and a secret that signs what is sent there and never leaves again."""

import os
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import Caller
from facekeep.vault.keys import derive, fresh_id, unwrap, wrap

MOST_WEBHOOKS = 5
_SECRET_BYTES = 32
_SELECT = "SELECT number, webhook_id, wrapped_url, created_by, created_at FROM webhooks WHERE org_id = ?"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook, the `number`th that ever was, without its secret."""

    number: int
    webhook_id: str
    url: str
    created_by: str
    created_at: str


class Webhooks:
    """Reads and writes webhooks; addresses and secrets are sealed under a key of the organization's."""

    def __init__(self, database: Database, org_key: bytes) -> None:
        self._database = database
        self._key = derive(org_key, "webhooks")

    def all(self, org_id: str) -> list[Webhook]:
        """Every webhook of the organization, oldest first."""
        return [self._webhook(row) for row in self._database.rows(f"{_SELECT} ORDER BY number", org_id)]

    def by_id(self, org_id: str, webhook_id: str) -> Webhook:
        """One of the organization's. Raises BadInput `not_found`, for another's too."""
        row = self._database.row(f"{_SELECT} AND webhook_id = ?", org_id, webhook_id)
        if row is None:
            raise BadInput(Code.NOT_FOUND, "no such webhook")
        return self._webhook(row)

    def set(self, caller: Caller, url: str) -> tuple[str, str]:
        """A webhook at this address, new or with a new secret; returns its id and the secret. Inside a transaction.

        Raises BadInput `conflict` where there are too many.
        """
        known = self.all(caller.org_id)
        secret = fresh_secret()
        there = next((one for one in known if one.url == url), None)
        if there is not None:
            self._set_secret(there.webhook_id, secret)
            return there.webhook_id, secret
        if len(known) >= MOST_WEBHOOKS:
            raise BadInput(Code.CONFLICT, f"an organization has at most {MOST_WEBHOOKS} webhooks; remove one first")
        return self._add(caller, url, secret), secret

    def remove(self, webhook: Webhook) -> None:
        """Remove one with its deliveries. Inside a transaction."""
        self._database.run("DELETE FROM deliveries WHERE webhook = ?", webhook.number)
        self._database.run("DELETE FROM webhooks WHERE number = ?", webhook.number)

    def secret(self, webhook_id: str) -> str:
        """The secret of one that is there. For signing alone."""
        row = self._database.row("SELECT wrapped_secret FROM webhooks WHERE webhook_id = ?", webhook_id)
        return unwrap(self._key, row[0] if row else b"", f"secret {webhook_id}").decode()

    def _add(self, caller: Caller, url: str, secret: str) -> str:
        webhook_id = fresh_id("whk")
        self._database.run(
            "INSERT INTO webhooks (webhook_id, org_id, wrapped_url, wrapped_secret, created_by, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            webhook_id,
            caller.org_id,
            wrap(self._key, url.encode(), f"url {webhook_id}"),
            self._wrapped_secret(webhook_id, secret),
            caller.member_id,
            timestamp(),
        )
        return webhook_id

    def _set_secret(self, webhook_id: str, secret: str) -> None:
        """Whoever sets it anew may have repaired the other end: what waits is tried again at once."""
        self._database.run(
            "UPDATE webhooks SET wrapped_secret = ?, failures = 0, not_before = '' WHERE webhook_id = ?",
            self._wrapped_secret(webhook_id, secret),
            webhook_id,
        )

    def _wrapped_secret(self, webhook_id: str, secret: str) -> bytes:
        return wrap(self._key, secret.encode(), f"secret {webhook_id}")

    def _webhook(self, row: Row) -> Webhook:
        number, webhook_id, wrapped_url, created_by, created_at = row
        url = unwrap(self._key, wrapped_url, f"url {webhook_id}").decode()
        return Webhook(number, webhook_id, url, created_by, created_at)


def fresh_secret() -> str:
    """A random secret of 256 bits, `whsec_` and 43 letters and digits."""
    return "whsec_" + urlsafe_b64encode(os.urandom(_SECRET_BYTES)).decode().rstrip("=")
