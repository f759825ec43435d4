"""From what was counted and the evidence to verdicts: one for every field of every customer."""

from collections.abc import Mapping, Sequence

import msgspec

from facekeep.errors import Code, Tampered
from facekeep.service.incident.evidence import Drill, Foreign, LogEvidence, problem_of, unreadable
from facekeep.service.incident.fields import MEANING, Field
from facekeep.service.incident.report import CustomerPart, FieldPart, Question, Report, SubjectPart, ranges
from facekeep.service.incident.tally import Seen, Tally
from facekeep.service.incident.tiers import Declared
from facekeep.service.incident.verdicts import STATEMENTS, Basis, Verdict, missing_for_proof, verdict_of


class Grounds(msgspec.Struct, frozen=True):
    """What holds for every customer alike."""

    declared: Declared
    is_foreign: bool
    is_one_history: bool
    is_drilled: bool


def grounds_of(question: Question, log: LogEvidence, drills: Sequence[Drill], foreign: Sequence[Foreign]) -> Grounds:
    """The common grounds of a report's verdicts, from the evidence that it carries."""
    declared = Declared.named(question.tiers, has_actor=bool(question.suspects))
    found = unreadable(drills, question.begins_at)
    return Grounds(
        declared=declared,
        is_foreign=bool(foreign) or declared.is_vault,
        is_one_history=not problem_of(log, (question.begins_at, question.ends_at)),
        is_drilled=not declared.undrilled(found),
    )


def customer_part(tally: Tally, grounds: Grounds) -> CustomerPart:
    """Every field of one customer."""
    return CustomerPart(
        customer=tally.customer,
        entries_in_window=tally.count,
        first_entry=tally.first,
        last_entry=tally.last,
        is_gap_free=_is_whole(tally),
        fields=tuple(_field_part(tally, grounds, one) for one in Field),
    )


def check(report: Report) -> None:
    """Raise Tampered `log_altered` unless every verdict follows from the report's own evidence, in the rule's words."""
    grounds = grounds_of(report.question, report.log, report.drills, report.foreign)
    for customer in report.customers:
        for one in customer.fields:
            _check_field(customer, one, grounds)
        if {one.field for one in customer.fields} != set(Field):
            raise Tampered(Code.LOG_ALTERED, f"the report does not speak of every field of {customer.customer}")


def _check_field(customer: CustomerPart, one: FieldPart, grounds: Grounds) -> None:
    has_entry = bool(one.entries or one.keep_entries)
    excluded = one.basis.get("was_excluded", True)
    basis = _basis(Field(one.field), grounds, has_entry=has_entry, excluded=excluded, whole=customer.is_gap_free)
    verdict = verdict_of(basis)
    said = (one.verdict, one.statement, one.basis, one.missing)
    if said != (verdict, STATEMENTS[verdict], _written(basis), _missing(verdict, basis)):
        raise Tampered(Code.LOG_ALTERED, f"the verdict on {one.field} of {customer.customer} does not follow")


def _field_part(tally: Tally, grounds: Grounds, field: Field) -> FieldPart:
    seen = tally.seen.get(field, Seen())
    has_entry = bool(seen.entries or seen.keep_entries)
    basis = _basis(field, grounds, has_entry=has_entry, excluded=field in tally.excluded, whole=_is_whole(tally))
    verdict = verdict_of(basis)
    return FieldPart(
        field=field.value,
        meaning=MEANING[field],
        verdict=verdict,
        statement=STATEMENTS[verdict],
        basis=_written(basis),
        missing=_missing(verdict, basis),
        was_shown=seen.was_shown,
        was_changed=seen.was_changed,
        minutes=tuple(sorted(seen.minutes)),
        entries=ranges(sorted(seen.entries)),
        keep_entries=ranges(sorted(seen.keep_entries)),
        subjects=_subjects(seen.subjects),
    )


def _basis(field: Field, grounds: Grounds, *, has_entry: bool, excluded: bool, whole: bool) -> Basis:
    return Basis(
        has_entry=has_entry,
        was_excluded=excluded,
        is_foreign=grounds.is_foreign,
        is_gap_free=whole,
        is_one_history=grounds.is_one_history,
        is_declared=bool(grounds.declared.tiers),
        is_unlogged=grounds.declared.reads_unlogged(field),
        is_drilled=grounds.is_drilled,
    )


def _is_whole(tally: Tally) -> bool:
    return tally.is_gap_free and not tally.unknown_acts


def _missing(verdict: Verdict, basis: Basis) -> tuple[str, ...]:
    return missing_for_proof(basis) if verdict is Verdict.NO_EVIDENCE else ()


def _written(basis: Basis) -> dict[str, bool]:
    return {name: getattr(basis, name) for name in Basis.__slots__}


def _subjects(found: Mapping[str, list[int]]) -> tuple[SubjectPart, ...]:
    return tuple(
        SubjectPart(subject=one, entries=ranges(sorted(numbers))) for one, numbers in sorted(found.items())
    )
