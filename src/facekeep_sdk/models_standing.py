"""Standing searches, hits and webhooks, as frozen dataclasses. Times are ISO 8601 text in UTC."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StandingSearch:
    """A probe kept with a case and compared with faces enrolled later. `status` is waiting, active or ended.

    `ended_because` says why; `withheld` counts hits held back because too many searches have shown those faces.
    """

    standing_id: str
    case_id: str
    collection_ids: tuple[str, ...]
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


@dataclass(frozen=True, slots=True)
class Hit:
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
    quality_reasons: tuple[str, ...]
    legal_basis: str
    found_at: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to a webhook; `state` is pending, delivered or given_up (after a day)."""

    delivery_id: str
    event: str
    at: str
    state: str
    attempts: int
    last_attempt_at: str | None
    last_outcome: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where an organization is told that there are hits, without its secret; newest deliveries first."""

    webhook_id: str
    url: str
    created_by: str
    created_at: str
    pending: int
    given_up: int
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class WebhookWithSecret:
    """A webhook and its secret, which is shown this once and kept out of `repr`."""

    webhook: Webhook
    secret: str = field(repr=False)
