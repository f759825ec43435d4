"""Cases: the list, one case, opening, changing and closing one."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from secrets import token_urlsafe
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, StringConstraints

from facekeep.errors import BadInput, Code
from facekeep.service import cases as verbs
from facekeep.service.rules import show_rules
from facekeep.terms import CaseId
from facekeep.web.console.case_file import case_file
from facekeep.web.console.paging import all_of
from facekeep.web.console.people import names_for
from facekeep.web.console.posted import Id, Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import AnId, TheKeep, TheSession, asked_once

router = APIRouter(include_in_schema=False)
Limit = Annotated[int, Field(ge=1, le=100_000)]
Shown = Annotated[Literal["open", "closed"], Query()]


class NewCase(Posted):
    """A case to open. `members` are ids as people type them, `chosen` those that were ticked."""

    once: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    purpose: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    legal_basis: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
    reference: Annotated[str, StringConstraints(max_length=2_000)] = ""
    last_day: date | None = None
    searches_a_day: Limit | None = None
    members: Annotated[str, StringConstraints(max_length=6_500)] = ""
    chosen: Annotated[list[Id], Field(max_length=100)] = Field(default=[])


class CaseChange(Posted):
    """What to change; what is left empty stays."""

    last_day: date | None = None
    searches_a_day: Limit | None = None


class MembersGiven(Posted):
    """Who comes into a case."""

    members: Annotated[str, StringConstraints(min_length=1, max_length=6_500)]


class MemberGiven(Posted):
    """Who leaves it."""

    member_id: Id


@router.get("/console/cases", name="console_cases")
def list_cases(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, show: Shown = "open"
) -> Response:
    """The cases that the reader is in or oversees, the newest first."""
    found = all_of(lambda cursor: verbs.list_cases(keep, session, cursor=cursor, limit=1000))
    shown = [one for one in reversed(found) if one.status == show]
    return page(request, "cases", viewer=viewer, cases=shown, show=show, other=len(found) - len(shown))


@router.get("/console/cases/new", name="console_new_case")
def show_new_case(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer) -> Response:
    """The form for a new case."""
    viewer.require("investigator")
    rules, names = show_rules(keep, session), names_for(keep, session, viewer)
    days, once = days_to_choose(rules.case_days), token_urlsafe(18)
    return page(request, "case_new", viewer=viewer, rules=rules, names=names, days=days, once=once)


@router.post("/console/cases", name="console_create_case")
def create_case(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[NewCase, Depends(posted(NewCase))]
) -> Response:
    """Open a case, with whoever does it in it."""
    try:
        made = verbs.create_case(
            keep,
            session,
            asked_once(body.once, request, body.model_dump_json().encode()),
            purpose=body.purpose,
            legal_basis=body.legal_basis,
            reference=body.reference,
            members=[*body.chosen, *_ids(body.members)],
            expires_at=end_of(body.last_day),
            searches_a_day=body.searches_a_day,
        )
    except BadInput as error:
        raise _said_of_members(error) from None
    return _to(request, made.case_id)


@router.get("/console/cases/{case_id}", name="console_case")
def show_case(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, case_id: AnId
) -> Response:
    """One case, with what was asked, found and decided in it."""
    file = case_file(keep, session, viewer, CaseId(case_id))
    days = days_to_choose(file.rules.case_days)
    return page(request, "case", viewer=viewer, file=file, case=file.case, names=file.names, days=days)


@router.post("/console/cases/{case_id}/change", name="console_change_case")
def change_case(
    request: Request, keep: TheKeep, session: TheSession, case_id: AnId,
    body: Annotated[CaseChange, Depends(posted(CaseChange))],
) -> Response:  # fmt: skip
    """Another end, or another limit."""
    ends = end_of(body.last_day)
    verbs.change_case(keep, session, CaseId(case_id), expires_at=ends, searches_a_day=body.searches_a_day)
    return _to(request, case_id)


@router.post("/console/cases/{case_id}/members/add", name="console_add_to_case")
def add_members(
    request: Request, keep: TheKeep, session: TheSession, case_id: AnId,
    body: Annotated[MembersGiven, Depends(posted(MembersGiven))],
) -> Response:  # fmt: skip
    """More people."""
    try:
        verbs.change_case(keep, session, CaseId(case_id), add_members=_ids(body.members))
    except BadInput as error:
        verbs.show_case(keep, session, CaseId(case_id))  # not found either, or it is a member that was not
        raise _said_of_members(error) from None
    return _to(request, case_id)


@router.post("/console/cases/{case_id}/members/remove", name="console_remove_from_case")
def remove_member(  # noqa: PLR0917 - the framework's arguments
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, case_id: AnId,
    body: Annotated[MemberGiven, Depends(posted(MemberGiven))],
) -> Response:  # fmt: skip
    """One person less. Who left may not see the case any more."""
    verbs.change_case(keep, session, CaseId(case_id), remove_members=[body.member_id])
    is_blind_now = body.member_id == viewer.here.member_id and not viewer.is_any("admin", "auditor", "privacy_officer")
    return go_to(request, "/console/cases") if is_blind_now else _to(request, case_id)


@router.post("/console/cases/{case_id}/close", name="console_close_case")
def close_case(request: Request, keep: TheKeep, session: TheSession, case_id: AnId) -> Response:
    """The end of a case."""
    verbs.close_case(keep, session, CaseId(case_id))
    return _to(request, case_id)


def days_to_choose(case_days: int) -> tuple[str, str]:
    """The first and the last day at whose end a case may be over."""
    today = datetime.now(UTC).date()
    return today.isoformat(), (today + timedelta(days=case_days - 1)).isoformat()


def end_of(last_day: date | None) -> str | None:
    """The end of a day, in UTC."""
    return None if last_day is None else f"{last_day.isoformat()}T23:59:59Z"


def _ids(untrusted: str) -> Sequence[str]:
    """Ids as people type them, with spaces or commas between; the vault refuses what is none."""
    return [one[:64] for one in untrusted.replace(",", " ").split()][:100]


def _said_of_members(error: BadInput) -> BadInput:
    """What went wrong, in words of the form for an id that is nobody's."""
    if error.code is not Code.NOT_FOUND:
        return error
    return BadInput(Code.INVALID_REQUEST, "one of these ids is no member's of your organization")


def _to(request: Request, case_id: str) -> Response:
    return go_to(request, f"/console/cases/{case_id}")
