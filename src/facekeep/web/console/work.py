"""What somebody works on: the open cases that they are in, and the leads of those."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facekeep.service import cases, review
from facekeep.service.keep import Keep
from facekeep.service.review import Lead
from facekeep.terms import CaseId, SessionToken
from facekeep.web.console.paging import all_of
from facekeep.web.console.viewer import Viewer

_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case to search or review in. `title` is its reference, or its purpose where it has none."""

    case_id: CaseId
    title: str
    purpose: str
    ends_at: str


@dataclass(frozen=True, slots=True)
class Queue:
    """Leads that wait for one person, each with its case, and the cases that were not looked into yet."""

    items: tuple[tuple[OpenCase, Lead], ...]
    rest: tuple[OpenCase, ...]


def open_cases(keep: Keep, session: SessionToken, viewer: Viewer) -> tuple[OpenCase, ...]:
    """The open cases that the viewer is in, newest first."""
    listed = all_of(lambda cursor: cases.list_cases(keep, session, cursor=cursor, limit=1000))
    found = [one for one in listed if one.status == "open" and viewer.here.member_id in one.members]
    newest_first = reversed(found)
    return tuple(
        OpenCase(one.case_id, one.reference or one.purpose, one.purpose, one.ends_at) for one in newest_first
    )


def leads_of(keep: Keep, session: SessionToken, case_id: CaseId) -> Iterator[Lead]:
    """Every lead of a case, in an order that says nothing of scores."""
    cursor = ""
    while True:
        page = review.list_leads(keep, session, case_id, cursor=cursor, limit=_A_PAGE)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def queue(keep: Keep, session: SessionToken, among: Sequence[OpenCase], *, enough: int) -> Queue:
    """The leads of some cases that the viewer may decide now. No further case is opened once there are `enough`."""
    found: list[tuple[OpenCase, Lead]] = []
    for place, case in enumerate(among):
        if len(found) >= enough:
            return Queue(tuple(found), tuple(among[place:]))
        found += [(case, lead) for lead in leads_of(keep, session, case.case_id) if lead.may_decide]
    return Queue(tuple(found), ())
