"""Webhooks: where an organization is told that there is something to look at, and nothing of what it is."""

from typing import Annotated

import msgspec

from facekeep.terms import DeliveryId, MemberId, SessionToken, WebhookId
from facekeep.vault.wire.base import Id, Message

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"^https?://[!-~]+$")]


class DeliveryView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One delivery. `state` is pending, delivered or given_up; `last_outcome` a short word, such as status_500."""

    delivery_id: DeliveryId
    event: str
    at: str
    state: str
    attempts: int
    last_attempt_at: str | None
    last_outcome: str


class WebhookView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook without its secret, with its newest deliveries and how many wait or were given up."""

    webhook_id: WebhookId
    url: str
    created_by: MemberId
    created_at: str
    pending: int
    given_up: int
    deliveries: tuple[DeliveryView, ...]


class SetWebhook(Message, frozen=True):
    """A webhook at this address; where there is one already, it gets a new secret."""

    session: SessionToken
    url: Url


class WebhookSet(Message, frozen=True):
    """The webhook, and the secret that its deliveries are signed with, shown this once."""

    webhook: WebhookView
    secret: str
    entry: int = -1


class ListWebhooks(Message, frozen=True):
    """The organization's webhooks."""

    session: SessionToken


class WebhookPage(Message, frozen=True):
    """All of them; an organization has few."""

    items: tuple[WebhookView, ...]


class RemoveWebhook(Message, frozen=True):
    """Remove a webhook with its secret and its deliveries."""

    session: SessionToken
    webhook_id: Id


class TestWebhook(Message, frozen=True):
    """Queue a delivery of the event `webhook.test`."""

    session: SessionToken
    webhook_id: Id


class WebhookShown(Message, frozen=True):
    """One webhook."""

    webhook: WebhookView
    entry: int = -1


class SignDelivery(Message, frozen=True):
    """Which delivery is due? It is counted as attempted, and signed for this moment."""


class SignedDelivery(Message, frozen=True):
    """What to send where. `delivery_id` None: nothing is due. The secret stays in the vault."""

    delivery_id: DeliveryId | None
    url: str = ""
    body: bytes = b""
    signature: str = ""


class DeliveryDone(Message, frozen=True):
    """How an attempt ended: `delivered`, or a short word that says why not."""

    delivery_id: Id
    outcome: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
