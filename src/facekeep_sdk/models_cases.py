"""Cases, approvals, rules and usage, as frozen dataclasses. Dates are ISO 8601 text, days are of UTC."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """Why, for whom and until when something is searched. `status` is open or closed; an expired case is closed.

    `reference` is empty and `searches_today` None for whoever oversees the case without being a member of it.
    """

    case_id: str
    purpose: str
    legal_basis: str
    reference: str
    members: tuple[str, ...]
    created_by: str
    created_at: str
    ends_at: str
    forget_at: str
    status: str
    searches_a_day: int | None = None
    searches_today: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A request to search one collection in one case; `status` is asked, approved, refused or expired."""

    approval_id: str
    case_id: str
    collection_id: str
    purpose: str
    legal_basis: str
    reason: str
    asked_by: str
    asked_at: str
    status: str
    decided_by: str | None
    decided_at: str | None
    expires_at: str


@dataclass(frozen=True, slots=True)
class Rules:
    """An organization's rules. None leaves one to the server's default when they are set; answers hold no None."""

    purposes: tuple[str, ...] | None = None
    case_days: int | None = None
    case_retention_days: int | None = None
    approval_collections: tuple[str, ...] | None = None
    approval_hours: int | None = None
    searches_a_day_by_person: int | None = None
    searches_a_day_in_case: int | None = None
    searches_a_day_of_collection: int | None = None
    searches_a_day: int | None = None
    password_sign_in: bool | None = None


@dataclass(frozen=True, slots=True)
class UsageDay:
    """What was used on one day: probes answered, pairs compared, faces enrolled; evaluation probes apart."""

    day: str
    searches: int
    verifications: int
    enrollments: int
    evaluation_searches: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The days on which something was used, in order."""

    days: tuple[UsageDay, ...]
