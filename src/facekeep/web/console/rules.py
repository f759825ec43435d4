"""What cases may be for, what needs a second person, budgets, and how much of them was used."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, StringConstraints

from facekeep.service import collections
from facekeep.service import rules as verbs
from facekeep.service import usage as used
from facekeep.web.console.members import HERE
from facekeep.web.console.posted import Id, Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import TheKeep, TheSession

_PAGE = 200

router = APIRouter(include_in_schema=False)
Days = Annotated[int, Field(ge=0, le=3_660)]
Searches = Annotated[int, Field(ge=1, le=100_000)]


class NewRules(Posted):
    """The rules, all of them. `purposes` are lines."""

    purposes: Annotated[str, StringConstraints(min_length=1, max_length=12_000)]
    case_days: Annotated[int, Field(ge=1, le=3_660)]
    case_retention_days: Days
    approval_collections: Annotated[list[Id], Field(max_length=200, default_factory=list)]
    approval_hours: Annotated[int, Field(ge=1, le=8_784)]
    searches_a_day_by_person: Searches
    searches_a_day_in_case: Searches
    searches_a_day_of_collection: Searches
    searches_a_day: Searches
    password_sign_in: bool = False


@router.get(HERE + "/rules", name="console_rules")
def show_rules(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer) -> Response:
    """The rules for everybody; the form for an admin."""
    found = collections.list_collections(keep, session, cursor="", limit=_PAGE).items
    return page(
        request, "rules", viewer=viewer, rules=verbs.show_rules(keep, session), collections=found,
        names={one.collection_id: one.name for one in found},
    )  # fmt: skip


@router.post(HERE + "/rules", name="console_set_rules")
def set_rules(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[NewRules, Depends(posted(NewRules))]
) -> Response:
    """Replace the rules."""
    lines = [line.strip() for line in body.purposes.splitlines() if line.strip()]
    verbs.set_rules(keep, session, {**body.model_dump(), "purposes": lines})
    return go_to(request, HERE + "/rules")


@router.get(HERE + "/use", name="console_use")
def show_use(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer) -> Response:
    """The last 30 days beside what is allowed a day."""
    days = used.show_usage(keep, session, first_day=None, last_day=None)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    searched = next((one.searches for one in days if one.day == today), 0)
    rules = verbs.show_rules(keep, session)
    return page(request, "use", viewer=viewer, rules=rules, days=days[::-1], today=today, searched=searched)
