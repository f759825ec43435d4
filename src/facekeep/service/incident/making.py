"""Making a report: read, count, collect the evidence, judge. The vault is asked; nothing is believed from elsewhere."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from facekeep.errors import BadInput, Code
from facekeep.service.administration import ask
from facekeep.service.incident import cosigned, entries, judging, siblings, timeline
from facekeep.service.incident.entries import Entry
from facekeep.service.incident.evidence import LogEvidence, drills, foreign
from facekeep.service.incident.report import IncidentPart, Moment, Question, Report, RootCause
from facekeep.service.incident.suspects import Suspects
from facekeep.service.incident.tally import Counting
from facekeep.service.incident.tiers import Declared
from facekeep.service.incident.verdicts import Verdict
from facekeep.settings import Settings
from facekeep.vault.wire import IncidentList, IncidentView, ListIncidents, ReadSettings, SettingsRead

_DRILLS_DAYS = 400
_MOST_PASSES = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked. Times are ISO 8601; `entry` is `CUSTOMER/NUMBER`, whoever wrote which is a suspect."""

    incident_id: str
    begins_at: str
    ends_at: str
    suspects: tuple[str, ...] = ()
    entry: str = ""
    tiers: tuple[str, ...] = ()
    root_cause: str = ""
    doctor: Any = None


@dataclass(slots=True)
class _Read:
    """One reading of the entries."""

    counting: Counting
    marks: list[Moment] = field(default_factory=list)
    ends: list[tuple[str, Moment]] = field(default_factory=list)


def make(settings: Settings, asked: Asked) -> Report:
    """The report.

    Raises
    ------
    BadInput
        `invalid_request`: times that are none or lie in the future, an unknown tier, a thief of one key without it.
        `not_found`: no such incident or entry.
    """
    window = _window(asked)
    incident = _incident(settings, asked.incident_id)
    suspects = (*asked.suspects, *_of_entry(settings, asked, window))
    declared = Declared.named(asked.tiers, has_actor=bool(suspects))
    read = _read(settings, asked.incident_id, window, suspects, declared)
    own = _own(settings, asked.incident_id, window)
    question = Question(
        begins_at=window[0],
        ends_at=window[1],
        suspects=suspects,
        made=tuple(sorted(read.counting.suspects.made)),
        tiers=tuple(one.name for one in declared.tiers),
    )
    log = cosigned.evidence(settings, incident.incident_id, incident.notes, window)
    return _written(settings, asked, incident, question, read, own, log)


def _written(  # noqa: PLR0917  what a report is made of
    settings: Settings,
    asked: Asked,
    incident: IncidentView,
    question: Question,
    read: _Read,
    own: Sequence[Entry],
    log: LogEvidence,
) -> Report:
    found, abroad = tuple(drills(own).values()), foreign(own, question.begins_at, question.ends_at)
    grounds = judging.grounds_of(question, log, found, abroad)
    customers = tuple(judging.customer_part(one, grounds) for one in read.counting.tallies.values())
    part = IncidentPart(
        incident_id=incident.incident_id,
        opened_at=incident.opened_at,
        aware_at=incident.aware_at,
        closed_at=incident.closed_at,
    )
    affected = frozenset(
        one.customer for one in customers if any(each.verdict is Verdict.ACCESSED for each in one.fields)
    )
    around = ask(settings, ReadSettings(incident_id=incident.incident_id), SettingsRead)
    return Report(
        made_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        incident=part,
        question=question,
        timeline=timeline.timeline(read.counting, part, question, read.marks, read.ends),
        root_cause=RootCause(state="GIVEN", text=asked.root_cause) if asked.root_cause else RootCause(),
        log=log,
        drills=found,
        foreign=abroad,
        problems=_problems(read.counting, log, grounds),
        customers=tuple(sorted(customers, key=lambda one: one.customer)),
        siblings=siblings.siblings(read.counting, around, affected, asked.doctor),
    )


def _read(
    settings: Settings, incident_id: str, window: tuple[str, str], suspects: tuple[str, ...], declared: Declared
) -> _Read:
    """Count every entry; again where a suspect was found to have made another that an earlier page did not know."""
    whom = Suspects.of(suspects)
    for _ in range(_MOST_PASSES):
        before = len(whom.made)
        read = _Read(Counting(whom, declared, *window))
        with _no_collecting():
            for page in entries.pages(settings, incident_id, *window):
                read.counting.page(page)
                _note_marks(read, page)
            read.counting.finish()
        if len(whom.made) == before:
            return read
    raise BadInput(Code.INVALID_REQUEST, "the suspects made too many others; ask for a shorter time")


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Counting makes millions of objects and no cycles: looking for those would take as long as counting."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _note_marks(read: _Read, page: entries.Page) -> None:
    begins_at = read.counting.begins_at
    for entry in page.entries:
        if entry.at < begins_at:
            continue
        moment = timeline.mark_of(entry, page.customer)
        if moment is not None:
            read.marks.append(moment)
        ended = timeline.end_of(entry)
        if ended is not None:
            read.ends.append((ended, timeline.end_moment(entry, page.customer)))


def _own(settings: Settings, incident_id: str, window: tuple[str, str]) -> list[Entry]:
    """The keep's own entries about drills and foreign hands, from long before the time until now."""
    long_ago = datetime.fromisoformat(window[0]) - timedelta(days=_DRILLS_DAYS)
    found = entries.own_entries(settings, incident_id, long_ago.isoformat(), _now())
    return [one for one in found if one.act in {"drill.recorded", "host.foreign"}]


def _of_entry(settings: Settings, asked: Asked, window: tuple[str, str]) -> tuple[str, ...]:
    """Who wrote the entry that the question points at: its key, passkey or password, and its session."""
    if not asked.entry:
        return ()
    customer, _, number = asked.entry.partition("/")
    for page in entries.pages(settings, asked.incident_id, *window):
        if page.customer == customer:
            for one in page.entries:
                if str(one.number) == number:
                    return tuple(str(each) for each in (one.actor, one.facts.get("session")) if each)
    raise BadInput(Code.NOT_FOUND, "no such entry in this time; expected CUSTOMER/NUMBER as a report has them")


def _incident(settings: Settings, incident_id: str) -> IncidentView:
    for one in ask(settings, ListIncidents(), IncidentList).items:
        if one.incident_id == incident_id:
            return one
    raise BadInput(Code.NOT_FOUND, "no such incident")


def _window(asked: Asked) -> tuple[str, str]:
    """The times as the vault writes them. Raises BadInput `invalid_request`."""
    try:
        begins, ends = (_utc(one) for one in (asked.begins_at, asked.ends_at))
    except (ValueError, OverflowError) as error:
        raise BadInput(Code.INVALID_REQUEST, "expected times in ISO 8601, such as 2026-03-01T12:00:00Z") from error
    if begins > ends or ends > _now():
        raise BadInput(Code.INVALID_REQUEST, "expected a time that begins before it ends, and not in the future")
    return begins, ends


def _utc(text: str) -> str:
    when = datetime.fromisoformat(text)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _now() -> str:
    return _utc(datetime.now(UTC).isoformat())


def _problems(counting: Counting, log: LogEvidence, grounds: judging.Grounds) -> tuple[str, ...]:
    """What keeps the report from proving more, in words."""
    said = [f"the log: {log.problem}"] if log.problem else []
    if not grounds.declared.tiers:
        said.append("no tier was declared")
    elif not grounds.is_drilled:
        said.append("a declared tier has no drill, at most 90 days before the time, that found it unreadable")
    for tally in counting.tallies.values():
        if not tally.is_gap_free:
            said.append(f"{tally.customer}: entries are missing, run backwards, or can no longer be read")
        said += [f"{tally.customer}: the act {act} is unknown to this version" for act in sorted(tally.unknown_acts)]
    return tuple(said)
