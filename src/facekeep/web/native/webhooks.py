"""/v1/webhooks"""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import webhooks as verbs
from facekeep.terms import WebhookId
from facekeep.web.documented import errors
from facekeep.web.native import standing_models as models
from facekeep.web.parsed import AnId, TheKeep, TheSession

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


@router.post("", responses=errors(Code.PROOF_NEEDED, Code.CONFLICT, Code.DISK_FULL))
def set_webhook(keep: TheKeep, session: TheSession, body: models.WebhookAsked) -> models.WebhookWithSecret:
    """Tell this address of hits; where it is told already, give it a new secret. For admins."""
    return models.WebhookWithSecret.model_validate(verbs.set_webhook(keep, session, url=body.url))


@router.get("", responses=errors())
def list_webhooks(keep: TheKeep, session: TheSession) -> models.Webhooks:
    """List your organization's webhooks with their newest deliveries. For admins and auditors."""
    return models.Webhooks(items=[models.Webhook.model_validate(one) for one in verbs.list_webhooks(keep, session)])


@router.delete("/{webhook_id}", responses=errors(Code.NOT_FOUND, Code.DISK_FULL))
def remove_webhook(keep: TheKeep, session: TheSession, webhook_id: AnId) -> models.WebhookRemoved:
    """Remove a webhook with its secret and what still waits to be delivered. For admins."""
    return models.WebhookRemoved(entry=verbs.remove_webhook(keep, session, WebhookId(webhook_id)))


@router.post("/{webhook_id}/test", responses=errors(Code.NOT_FOUND, Code.DISK_FULL))
def test_webhook(keep: TheKeep, session: TheSession, webhook_id: AnId) -> models.Webhook:
    """Send a delivery that tells of nothing, soon; the listing says what became of it. For admins."""
    return models.Webhook.model_validate(verbs.test_webhook(keep, session, WebhookId(webhook_id)))
