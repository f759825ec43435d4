"""The calls about standing searches and webhooks, described like those of `calls.py`."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import uuid4

import msgspec

from facekeep_sdk.calls import Call, Page, Part, _id, _photo, decoder, get, given, paged
from facekeep_sdk.models import Box, PhotoSource
from facekeep_sdk.models_standing import Hit, StandingSearch, Webhook, WebhookWithSecret


def create_standing_search(
    case_id: str,
    photo: PhotoSource,
    collection_ids: Sequence[str],
    *,
    reason: str = "",
    score_floor: float | None = None,
    expires_at: str | None = None,
    face_index: int | None = None,
    box: Box | None = None,
    idempotency_key: str | None = None,
) -> Call[StandingSearch]:
    """Keep looking for the person on a photo among faces enrolled later, once a second person approved it."""
    query = given(
        collection_ids=list(collection_ids),
        reason=reason,
        score_floor=score_floor,
        expires_at=expires_at,
        face_index=face_index,
        box=None if box is None else asdict(box),
    )
    return Call(
        "POST",
        f"/v1/cases/{_id(case_id)}/standing-searches",
        decoder(StandingSearch),
        parts=(Part("query", msgspec.json.encode(query), "application/json"), _photo("photo", photo)),
        headers={"Idempotency-Key": idempotency_key or uuid4().hex},
        repeatable=True,
    )


def standing_searches(*, case_id: str | None = None, limit: int = 100) -> Call[Page[StandingSearch]]:
    """Every standing search of one case, or of all cases whose standing searches you see, oldest first."""
    path = "/v1/standing-searches" if case_id is None else f"/v1/cases/{_id(case_id)}/standing-searches"
    return paged(path, StandingSearch, {"limit": limit})


def standing_search(standing_id: str) -> Call[StandingSearch]:
    """One standing search."""
    return get(f"/v1/standing-searches/{_id(standing_id)}", StandingSearch)


def approve_standing_search(standing_id: str) -> Call[StandingSearch]:
    """Let begin what another person asked for."""
    return Call("POST", f"/v1/standing-searches/{_id(standing_id)}/approve", decoder(StandingSearch))


def end_standing_search(standing_id: str) -> Call[StandingSearch]:
    """End one for good, or refuse or withdraw its approval."""
    return Call("POST", f"/v1/standing-searches/{_id(standing_id)}/end", decoder(StandingSearch))


def hits(standing_id: str, *, limit: int = 100) -> Call[Page[Hit]]:
    """Everything that a standing search found, oldest first."""
    return paged(f"/v1/standing-searches/{_id(standing_id)}/hits", Hit, {"limit": limit})


def set_webhook(url: str) -> Call[WebhookWithSecret]:
    """Tell this address of hits; where it is told already, give it a new secret."""
    return Call("POST", "/v1/webhooks", decoder(WebhookWithSecret), json={"url": url})


def webhooks() -> Call[tuple[Webhook, ...]]:
    """Every webhook of your organization, with its newest deliveries."""
    return Call("GET", "/v1/webhooks", _webhooks, repeatable=True)


def remove_webhook(webhook_id: str) -> Call[int]:
    """Remove a webhook; returns the log entry."""
    return Call("DELETE", f"/v1/webhooks/{_id(webhook_id)}", _entry)


def test_webhook(webhook_id: str) -> Call[Webhook]:
    """Send a delivery that tells of nothing; `webhooks` says what became of it."""
    return Call("POST", f"/v1/webhooks/{_id(webhook_id)}/test", decoder(Webhook))


class _Webhooks(msgspec.Struct):
    items: tuple[Webhook, ...]


class _Removed(msgspec.Struct):
    entry: int


def _webhooks(body: bytes) -> tuple[Webhook, ...]:
    return msgspec.json.decode(body, type=_Webhooks).items


def _entry(body: bytes) -> int:
    return msgspec.json.decode(body, type=_Removed).entry
