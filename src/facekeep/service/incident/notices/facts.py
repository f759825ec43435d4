"""What notices take from a report: rows of one customer, counts over several, and whether a waiver is supported."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from facekeep.service.incident.evidence import Drill, unreadable
from facekeep.service.incident.fields import Field
from facekeep.service.incident.notices import sentences as s
from facekeep.service.incident.notices.clocks import clock_of, remains, since, written
from facekeep.service.incident.notices.notice import required
from facekeep.service.incident.report import CustomerPart, FieldPart, Report
from facekeep.service.incident.tiers import TIERS
from facekeep.service.incident.verdicts import Verdict
from facekeep.service.incident.words import Section

_WIDE = 240  # characters of one cell: a row must fit a page
_SERIOUS = (Verdict.ACCESSED, Verdict.UNKNOWN, Verdict.NO_EVIDENCE, Verdict.PROVEN_NOT_ACCESSED)


def worst(customer: CustomerPart) -> Verdict:
    """The most serious that is known of a customer."""
    return min((one.verdict for one in customer.fields), key=_SERIOUS.index)


def is_affected(customer: CustomerPart) -> bool:
    """Whether something of it was accessed, or nobody can tell because the vault was in foreign hands."""
    return worst(customer) in {Verdict.ACCESSED, Verdict.UNKNOWN}


def due_rows(notice: str, report: Report, now: datetime) -> tuple[tuple[str, str], ...]:
    """When a notice is due, and what remains of that."""
    aware_at = report.incident.aware_at
    clock = clock_of(notice, aware_at)
    rows = [(s.HEAD["incident"], report.incident.incident_id), (s.HEAD["aware"], aware_at)]
    rows += [(s.HEAD["written"], written(now)), (s.HEAD["due"], clock.due_at or clock.rule)]
    if clock.due_at:
        return (*rows, (s.HEAD["remains"], remains(clock.due_at, now)))
    return (*rows, (s.HEAD["passed"], since(aware_at, now)))


def scope(report: Report) -> tuple[tuple[str, str], ...]:
    """What the report looked at: from when to when, and what was declared. It says nothing of any one customer."""
    return (
        (s.HEAD["asked"], f"{report.question.begins_at} to {report.question.ends_at}"),
        (s.HEAD["declared"], ", ".join(report.question.tiers) or s.EVERYTHING),
    )


def times(report: Report) -> tuple[tuple[str, str], ...]:
    """The times of the whole incident: for authorities and the public, not for one customer."""
    told = report.timeline
    return (
        *scope(report),
        (s.HEAD["first"], told.first_act_at or s.NO_ACTS),
        (s.HEAD["last"], told.last_act_at or s.NO_ACTS),
        (s.HEAD["aware"], told.detected_at),
        (s.HEAD["contained"], told.contained_at or s.NOT_CONTAINED),
    )


def cause(report: Report, customer: CustomerPart | None = None) -> str:
    """A person's words on the root cause, or the mark; the mark too where they name a customer that this is not for."""
    if report.root_cause.state != "GIVEN":
        return required("cause")
    text = report.root_cause.text
    others = (one.customer for one in report.customers if one is not customer)
    return required("cause_other") if any(one in text for one in others) else text


def known(customer: CustomerPart) -> Section:
    """Every field of one customer with what is known of it."""
    rows = [row for one in customer.fields for row in _known(one)]
    return Section(s.SECTIONS["known"], (s.SIGNED,), (s.COLUMNS["known"], *rows))


def _known(one: FieldPart) -> Iterator[tuple[str, ...]]:
    minutes = one.minutes
    span = "-" if not minutes else minutes[0] if len(minutes) == 1 else f"{minutes[0]} to {minutes[-1]}"
    numbers = [*pieces(one.entries), *(s.KEEP_ENTRIES.format(numbers=each) for each in pieces(one.keep_entries))]
    yield one.meaning, s.OF_VERDICT[one.verdict], span, (numbers or ["-"])[0]
    yield from (("", "", "", each) for each in numbers[1:])


def reasons(customer: CustomerPart) -> Iterator[Section]:
    """Why nothing is proven of some fields, where that is so."""
    rows = [
        (one.meaning, "; ".join(text for name, (speaks, text) in s.REASONS.items() if one.basis[name] is speaks))
        for one in customer.fields
        if one.verdict is Verdict.NO_EVIDENCE
    ]
    if rows:
        yield Section(s.SECTIONS["reasons"], (), (("", ""), *rows))


def records(customer: CustomerPart) -> Iterator[Section]:
    """The records and minutes of what was accessed, all of them."""
    named: list[tuple[str, ...]] = []
    for one in accessed(customer):
        for each in one.subjects:
            what = s.WHOLE if each.subject == customer.customer else each.subject
            for at, numbers in enumerate(pieces(each.entries)):
                named.append((one.meaning, what, numbers) if at == 0 else ("", "", numbers))
    if named:
        yield Section(s.SECTIONS["records"], (), (s.COLUMNS["records"], *named))
    minutes = [(one.meaning, each) for one in accessed(customer) for each in pieces(",".join(one.minutes), ", ")]
    if minutes:
        yield Section(s.SECTIONS["minutes"], (), (s.COLUMNS["minutes"], *minutes))


def accessed(customer: CustomerPart) -> list[FieldPart]:
    """The fields that entries prove were accessed."""
    return [one for one in customer.fields if one.verdict is Verdict.ACCESSED]


def pieces(ranges: str, between: str = ",") -> list[str]:
    """A list as lines short enough for a cell."""
    found: list[str] = []
    for one in ranges.split(",") if ranges else []:
        if found and len(found[-1]) + len(one) < _WIDE:
            found[-1] += between + one
        else:
            found.append(one)
    return found


def done(report: Report, customer: CustomerPart) -> Section:
    """What the timeline says was done for this customer, by its own entries, and the mark for the rest."""
    rows = [
        (one.at, s.DONE[one.what])
        for one in report.timeline.moments
        if one.customer == customer.customer and one.what in s.DONE
    ]
    said = () if rows else (s.DONE_NONE,)
    table = (s.COLUMNS["done"], *rows) if rows else ()
    return Section(s.SECTIONS["done"], (*said, required("rotated")), table)


def actions(customer: CustomerPart) -> tuple[str, ...]:
    """What this customer can do, from what is accessed or unknown."""
    serious = [one for one in customer.fields if one.verdict in {Verdict.ACCESSED, Verdict.UNKNOWN}]
    return tuple(s.ACTIONS[Field(one.field)] for one in serious)


def nature(customers: Sequence[CustomerPart]) -> tuple[tuple[str, ...], ...]:
    """Categories with how many customers and records: Art. 33(3)(a)."""
    return (s.COLUMNS["nature"], *(_category(one, customers) for one in Field if _is_told(one, customers)))


def _is_told(field: Field, customers: Sequence[CustomerPart]) -> bool:
    return any(one.field == field for customer in customers for one in customer.fields)


def _category(field: Field, customers: Sequence[CustomerPart]) -> tuple[str, ...]:
    parts = [(customer, one) for customer in customers for one in customer.fields if one.field == field]
    touched = [(customer, one) for customer, one in parts if one.verdict is Verdict.ACCESSED]
    named = sum(each.subject != customer.customer for customer, one in touched for each in one.subjects)
    count = str(named) if named else s.UNNAMED if touched else "-"
    return parts[0][1].meaning, str(len(touched)) if touched else "-", count, counted(one.verdict for _, one in parts)


def counted(verdicts: Iterable[Verdict]) -> str:
    """Verdicts with how often, the most serious first."""
    found = Counter(verdicts)
    return ", ".join(f"{one.value}: {found[one]}" for one in _SERIOUS if found[one])


def supporting(report: Report, customers: Sequence[CustomerPart]) -> tuple[Drill, ...]:
    """The drills that a waiver can rest on; none unless all is proven and all that is declared drilled unreadable."""
    tiers = report.question.tiers
    found = unreadable(report.drills, report.question.begins_at)
    all_proven = all(one.verdict is Verdict.PROVEN_NOT_ACCESSED for each in customers for one in each.fields)
    all_drilled = all(TIERS[one].needs_drill and one in found for one in tiers)
    if not (customers and tiers and all_proven and all_drilled):
        return ()
    return tuple(one for one in report.drills if one.tier in tiers)
