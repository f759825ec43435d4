"""Webhooks: setting, listing, removing and testing them; and signing what is due."""

from facekeep.terms import DeliveryId, MemberId, WebhookId
from facekeep.vault import clock, wire
from facekeep.vault.identity import Caller
from facekeep.vault.journal import Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.standing import deliveries
from facekeep.vault.standing.deliveries import Delivery
from facekeep.vault.standing.webhooks import Webhook, Webhooks

_SHOWN = 20


def set_webhook(vault: OpenVault, caller: Caller, message: wire.SetWebhook) -> wire.WebhookSet:
    """A webhook at an address, with a fresh secret that is shown this once."""
    webhooks = _webhooks(vault, caller.org_id)
    with vault.database.transaction():
        webhook_id, secret = webhooks.set(caller, message.url)
        vault.journal.save_anchor()
    entry = vault.journal.note(caller, "webhook.was_set", {"webhook": webhook_id})
    return wire.WebhookSet(webhook=_view(vault, webhooks.by_id(caller.org_id, webhook_id)), secret=secret, entry=entry)


def list_webhooks(vault: OpenVault, caller: Caller, _message: wire.ListWebhooks) -> wire.WebhookPage:
    """Every webhook of the caller's organization."""
    found = _webhooks(vault, caller.org_id).all(caller.org_id)
    return wire.WebhookPage(items=tuple(_view(vault, one) for one in found))


def remove_webhook(vault: OpenVault, caller: Caller, message: wire.RemoveWebhook) -> wire.Done:
    """A webhook less; its secret is gone from the files too."""
    webhooks = _webhooks(vault, caller.org_id)
    webhook = webhooks.by_id(caller.org_id, message.webhook_id)
    with vault.database.transaction():
        webhooks.remove(webhook)
        vault.journal.save_anchor()
    vault.database.forget_old_pages()
    return wire.Done(entry=vault.journal.note(caller, "webhook.removed", {"webhook": webhook.webhook_id}))


def test_webhook(vault: OpenVault, caller: Caller, message: wire.TestWebhook) -> wire.WebhookShown:
    """One more delivery, that tells of nothing."""
    webhook = _webhooks(vault, caller.org_id).by_id(caller.org_id, message.webhook_id)
    with vault.database.transaction():
        deliveries.queue_test(vault.database, caller.org_id, webhook.number)
        vault.journal.save_anchor()
    entry = vault.journal.note(caller, "webhook.test_queued", {"webhook": webhook.webhook_id})
    return wire.WebhookShown(webhook=_view(vault, webhook), entry=entry)


def sign_delivery(vault: OpenVault, _message: wire.SignDelivery) -> wire.SignedDelivery:
    """The next delivery that is due, counted as attempted and signed for this moment. Old ones are given up first."""
    _give_up_old(vault)
    due = deliveries.next_due(vault.database)
    if due is None:
        return wire.SignedDelivery(delivery_id=None)
    webhooks = _webhooks(vault, due.org_id)
    webhook = webhooks.by_id(due.org_id, due.webhook_id)
    _write(vault, due, "webhook.sign", "asked")
    with vault.database.transaction():
        deliveries.begin_attempt(vault.database, due)
        vault.journal.save_anchor()
    content = deliveries.body(due)
    return wire.SignedDelivery(
        delivery_id=DeliveryId(due.delivery_id),
        url=webhook.url,
        body=content,
        signature=deliveries.signature(webhooks.secret(webhook.webhook_id), content, int(clock.now().timestamp())),
    )


def delivery_done(vault: OpenVault, message: wire.DeliveryDone) -> wire.Done:
    """What the server says became of an attempt. A delivery that is settled or gone stays so."""
    found = deliveries.pending(vault.database, message.delivery_id)
    if found is None:
        return wire.Done()
    _write(vault, found, "webhook.sent", message.outcome)
    with vault.database.transaction():
        deliveries.end_attempt(vault.database, found, message.outcome)
        vault.journal.save_anchor()
    return wire.Done()  # an entry's number would count what others did


def _give_up_old(vault: OpenVault) -> None:
    old = deliveries.give_up_old(vault.database)
    if not old and not deliveries.has_old(vault.database):
        return
    for one in old:
        _write(vault, one, "webhook.sent", "given_up")
    with vault.database.transaction():
        for one in old:
            deliveries.give_up(vault.database, one)
        deliveries.forget_old(vault.database)
        vault.journal.save_anchor()


def _write(vault: OpenVault, one: Delivery, act: str, outcome: str) -> None:
    facts: Facts = {"delivery": one.delivery_id, "webhook": one.webhook_id, "attempts": one.attempts}
    vault.journal.write(one.org_id, "keep", act, outcome, facts | {"standing": one.standing_id or None})


def _webhooks(vault: OpenVault, org_id: str) -> Webhooks:
    return Webhooks(vault.database, vault.shelf.org_key(org_id))


def _view(vault: OpenVault, webhook: Webhook) -> wire.WebhookView:
    return wire.WebhookView(
        webhook_id=WebhookId(webhook.webhook_id),
        url=webhook.url,
        created_by=MemberId(webhook.created_by),
        created_at=webhook.created_at,
        pending=deliveries.count(vault.database, webhook.number, "pending"),
        given_up=deliveries.count(vault.database, webhook.number, "given_up"),
        deliveries=tuple(
            wire.DeliveryView(
                delivery_id=DeliveryId(one.delivery_id),
                event=one.event,
                at=one.at,
                state=one.state,
                attempts=one.attempts,
                last_attempt_at=one.last_attempt_at,
                last_outcome=one.last_outcome,
            )
            for one in deliveries.newest(vault.database, webhook.number, _SHOWN)
        ),
    )
