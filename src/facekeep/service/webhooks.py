"""Webhooks: set, list, remove, test. What is sent to them is in `courier.py`."""

from facekeep.service.addresses import parse_url
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken, WebhookId
from facekeep.vault.wire import (
    Done,
    ListWebhooks,
    RemoveWebhook,
    SetWebhook,
    TestWebhook,
    WebhookPage,
    WebhookSet,
    WebhookShown,
    WebhookView,
)


def set_webhook(keep: Keep, session: SessionToken, *, url: str) -> WebhookSet:
    """A webhook at `url` with its secret, shown this once. Raises `invalid_request` for what is no such address."""
    parse_url(url)
    return keep.vault.call(SetWebhook(session=session, url=url), WebhookSet)


def list_webhooks(keep: Keep, session: SessionToken) -> tuple[WebhookView, ...]:
    """The organization's webhooks with their newest deliveries."""
    return keep.vault.call(ListWebhooks(session=session), WebhookPage).items


def remove_webhook(keep: Keep, session: SessionToken, webhook_id: WebhookId) -> int:
    """Remove one; returns the log entry."""
    return keep.vault.call(RemoveWebhook(session=session, webhook_id=webhook_id), Done).entry


def test_webhook(keep: Keep, session: SessionToken, webhook_id: WebhookId) -> WebhookView:
    """One with a test delivery queued, which is sent soon."""
    shown = keep.vault.call(TestWebhook(session=session, webhook_id=webhook_id), WebhookShown).webhook
    keep.chores.look_out.set()
    return shown
