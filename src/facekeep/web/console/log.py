"""Who did what and why: the organization's own entries, newest first, each to be proved in the page that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from facekeep.errors import Code
from facekeep.service import cases
from facekeep.service import log as verbs
from facekeep.service.keep import Keep
from facekeep.service.log import LogEntry
from facekeep.terms import SessionToken
from facekeep.web.console.people import names_for
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import TheKeep, TheSession

_PAGE, _SPAN = 40, 1000  # entries shown at once; entries looked through for those that were asked for
_MOST = 2**53

router = APIRouter(include_in_schema=False)
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Word = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_.-]*$")]
UpTo = Annotated[str, Query(alias="to", pattern=r"^\d{0,15}$")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader looks for among the entries; what is empty takes everything."""

    act: str
    member: str
    first_day: str
    last_day: str

    def __bool__(self) -> bool:
        return any((self.act, self.member, self.first_day, self.last_day))

    def takes(self, one: LogEntry) -> bool:
        """Whether an entry is one of those. An act is named whole, or by its first word."""
        return (
            (not self.act or one.act == self.act or one.act.startswith(self.act.rstrip(".") + "."))
            and self.member in ("", one.facts.get("by"), one.actor)
            and self.first_day <= one.at[:10]
            and (not self.last_day or one.at[:10] <= self.last_day)
        )


def wanted_of(act: Word = "", member: Word = "", first_day: Day = "", last_day: Day = "") -> Wanted:
    """What the address asks for."""
    return Wanted(act, member, first_day, last_day)


TheWanted = Annotated[Wanted, Depends(wanted_of)]


@router.get("/console/log", name="console_log")
def show_log(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, *, up_to: UpTo = "", wanted: TheWanted
) -> Response:
    """A page of entries that end with number `to`, the newest unless told."""
    span = _SPAN if wanted else _PAGE
    end = int(up_to) + 1 if up_to else _MOST
    start, limit = (max(0, end - span), min(span, end)) if up_to else (None, span)
    read = verbs.read_log(keep, session, start=start, limit=limit)
    first = read.entries[0].entry if read.entries else 0
    return page(
        request,
        "log",
        viewer=viewer,
        entries=[told(one) for one in reversed(read.entries) if wanted.takes(one)],
        wanted=wanted,
        refusals={one.value for one in Code},
        up_to=up_to,
        span=(first, read.entries[-1].entry if read.entries else 0, len(read.entries)),
        older=first - 1,
        newest=read.next_start is None,
        people=names_for(keep, session, viewer),
        cases=_reasons(keep, session),
        checkpoint=verbs.newest_checkpoint(keep),
        witnesses=verbs.witness_keys(keep),
    )


def told(one: LogEntry) -> Mapping[str, Any]:
    """An entry as its page shows it and as its script compares it with the leaf."""
    return {
        "entry": one.entry, "at": one.at, "actor": one.actor, "act": one.act, "outcome": one.outcome,
        "facts": dict(one.facts),
    }  # fmt: skip


def _reasons(keep: Keep, session: SessionToken) -> dict[str, str]:
    found = cases.list_cases(keep, session, cursor="", limit=_SPAN).items
    return {one.case_id: f"{one.purpose}, {one.legal_basis}" for one in found}
