"""The shapes of cases, approvals, rules and usage. Unknown members of requests are refused."""

from typing import Annotated

from pydantic import Field, StringConstraints

from facekeep.web.native.models import Asked, Id, Name, Text, Told

Written = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Time = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40),
    Field(description="A moment in ISO 8601; without a zone it is UTC.", examples=["2026-03-01T12:00:00Z"]),
]
SearchLimit = Annotated[int, Field(ge=1, le=100_000)]
Ids = Annotated[list[Id], Field(max_length=100)]


class NewCase(Asked):
    """A case to open. `purpose` is one of the organization's rules; `expires_at` null means as long as they allow."""

    purpose: Name
    legal_basis: Written
    reference: Text = ""
    members: Ids = Field(default=[])
    expires_at: Time | None = None
    searches_a_day: SearchLimit | None = None


class CaseChange(Asked):
    """What to change of an open case; null leaves it."""

    expires_at: Time | None = None
    searches_a_day: SearchLimit | None = None


class CaseMembers(Asked):
    """Who comes into a case, and who leaves it."""

    add: Ids = Field(default=[])
    remove: Ids = Field(default=[])


class Case(Told):
    """A case; `status` is open or closed, and an expired one is closed. Its records are forgotten at `forget_at`.

    `reference` is empty and `searches_today` null for whoever oversees the case without being a member of it.
    """

    case_id: str
    purpose: str
    legal_basis: str
    reference: str
    members: list[str]
    created_by: str
    created_at: str
    ends_at: str
    forget_at: str
    status: str
    searches_a_day: int | None
    searches_today: int | None


class Cases(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Case]
    next_cursor: str


class NewApproval(Asked):
    """A request that a collection may be searched in a case."""

    case_id: Id
    collection_id: Id
    reason: Text = ""


class Decision(Asked):
    """What the second person says."""

    approved: bool


class Approval(Told):
    """A request and what became of it; `status` is asked, approved, refused or expired."""

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


class Approvals(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Approval]
    next_cursor: str


class RulesAsked(Asked):
    """Rules to set, all of them; what is left out gets its default."""

    purposes: Annotated[list[Name], Field(min_length=1, max_length=50)] | None = None
    case_days: Annotated[int, Field(ge=1, le=3_660)] | None = None
    case_retention_days: Annotated[int, Field(ge=0, le=3_660)] | None = None
    approval_collections: Annotated[list[Id], Field(max_length=200)] | None = None
    approval_hours: Annotated[int, Field(ge=1, le=24 * 366)] | None = None
    searches_a_day_by_person: SearchLimit | None = None
    searches_a_day_in_case: SearchLimit | None = None
    searches_a_day_of_collection: SearchLimit | None = None
    searches_a_day: SearchLimit | None = None
    password_sign_in: bool | None = None


class Rules(Told):
    """An organization's own rules; docs/policy.md says what each is for. Days and limits are of UTC days."""

    purposes: list[str]
    case_days: int
    case_retention_days: int
    approval_collections: list[str]
    approval_hours: int
    searches_a_day_by_person: int
    searches_a_day_in_case: int
    searches_a_day_of_collection: int
    searches_a_day: int
    password_sign_in: bool


class UsageDay(Told):
    """One day (UTC): probes answered, pairs compared, faces enrolled; probes of evaluation collections apart."""

    day: str
    searches: int
    verifications: int
    enrollments: int
    evaluation_searches: int


class Usage(Told):
    """The days on which something was used, in order."""

    days: list[UsageDay]
