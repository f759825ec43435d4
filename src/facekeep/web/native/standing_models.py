"""The shapes of standing searches, hits and webhooks. Unknown members of requests are refused."""

from typing import Annotated

from pydantic import Field, StringConstraints

from facekeep.web.native.case_models import Time
from facekeep.web.native.models import Asked, BoxAsked, Cosine, Id, Text, Told

Url = Annotated[str, StringConstraints(min_length=1, max_length=500), Field(examples=["https://alerts.example.org/k"])]


class StandingQuery(Asked):
    """What to keep looking for. `expires_at` null means as long as the case lasts."""

    collection_ids: Annotated[list[Id], Field(min_length=1, max_length=16)]
    reason: Text = ""
    score_floor: Cosine | None = None
    expires_at: Time | None = None
    face_index: Annotated[int, Field(ge=0, le=1_000)] | None = None
    box: BoxAsked | None = None


class StandingSearch(Told):
    """A standing search; `status` is waiting (for a second person), active or ended, and `ended_because` says why.

    `withheld` counts hits held back because too many searches have shown those faces.
    """

    standing_id: str
    case_id: str
    collection_ids: list[str]
    purpose: str
    legal_basis: str
    reason: str
    score_floor: float | None
    status: str
    created_by: str
    created_at: str
    expires_at: str
    approved_by: str | None
    approved_at: str | None
    ended_at: str | None
    ended_because: str | None
    hits: int
    withheld: int


class StandingSearches(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[StandingSearch]
    next_cursor: str


class Hit(Told):
    """A face that was enrolled later and looks like the probe: a lead, never an identification."""

    face_id: str
    person_id: str
    person_name: str
    collection_id: str
    score: float
    one_in: float | None
    meaning: str
    source: str
    captured_at: str
    quality: int
    quality_reasons: list[str]
    legal_basis: str
    found_at: str


class Hits(Told):
    """A page, oldest first; `next_cursor` is empty at the end."""

    items: list[Hit]
    next_cursor: str


class WebhookAsked(Asked):
    """Where to tell that there are hits: an https:// address."""

    url: Url


class Delivery(Told):
    """One delivery; `state` is pending, delivered or given_up (after a day)."""

    delivery_id: str
    event: str
    at: str
    state: str
    attempts: int
    last_attempt_at: str | None
    last_outcome: str


class Webhook(Told):
    """A webhook without its secret, and its newest deliveries, newest first."""

    webhook_id: str
    url: str
    created_by: str
    created_at: str
    pending: int
    given_up: int
    deliveries: list[Delivery]


class WebhookWithSecret(Told):
    """The webhook, and the secret that its deliveries are signed with: shown this once."""

    webhook: Webhook
    secret: str


class Webhooks(Told):
    """Every webhook of your organization."""

    items: list[Webhook]


class WebhookRemoved(Told):
    """The log entry that says so."""

    entry: int
