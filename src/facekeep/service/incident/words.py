"""What both pages say of a report, in order: the same sentences and tables for HTML and PDF."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facekeep.service.incident.report import CustomerPart, FieldPart, Report
from facekeep.service.incident.verdicts import STATEMENTS, Verdict

_MOST_MINUTES = 12
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, and perhaps a table whose first row is its head."""

    title: str
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def sections(report: Report) -> Iterator[Section]:
    """Everything but the figure, which stands after the first section."""
    yield _about(report)
    yield Section("Root cause", (root_cause(report),))
    yield Section("What the verdicts mean", tuple(STATEMENTS[one] for one in Verdict))
    yield _evidence(report)
    for customer in report.customers:
        yield _customer(customer)
    yield from _siblings(report)


def root_cause(report: Report) -> str:
    """A person's words, or that they are missing."""
    cause = report.root_cause
    return cause.text if cause.state == "GIVEN" else "REQUIRED: a person must write this; nothing was made up for it."


def _about(report: Report) -> Section:
    asked, times = report.question, report.timeline
    rows = (
        ("", ""),
        ("incident", report.incident.incident_id),
        ("asked about", f"{asked.begins_at} to {asked.ends_at}"),
        ("suspects", ", ".join(asked.suspects) or "everybody"),
        ("made by them", ", ".join(asked.made) or "-"),
        ("declared", ", ".join(asked.tiers) or "nothing"),
        ("first act", times.first_act_at or "-"),
        ("last act", times.last_act_at or "-"),
        ("detected", times.detected_at),
        ("contained", times.contained_at or "not shown by the entries of this time"),
        ("written", report.made_at),
    )
    return Section("Report of an incident", ("All times are UTC. Customers have pseudonyms.",), rows)


def _evidence(report: Report) -> Section:
    log = report.log
    history = "one history between two co-signed checkpoints" if log.is_one_history else f"not shown: {log.problem}"
    rows = [("", ""), ("the log", history), ("log key", log.verifier_key)]
    rows += [("witness", one) for one in log.witness_keys]
    rows += [(f"drill, {one.tier}", f"{one.outcome}, {one.at}, keep entry {one.entry}") for one in report.drills]
    rows += [("foreign hands", f"{one.begins_at} to {one.ends_at}, keep entry {one.entry}") for one in report.foreign]
    return Section("Evidence", report.problems, tuple(rows))


def _customer(customer: CustomerPart) -> Section:
    head = ("field", "verdict", "minutes (UTC)", "records", "entries", "why nothing is proven")
    gaps = "without a gap" if customer.is_gap_free else "WITH A GAP, or no longer readable"
    numbers = "none" if customer.first_entry is None else f"{customer.first_entry} to {customer.last_entry}"
    said = f"{customer.entries_in_window} entries in this time, numbers {numbers}, {gaps}."
    return Section(f"Customer {customer.customer}", (said,), (head, *(_field(one) for one in customer.fields)))


def _field(one: FieldPart) -> tuple[str, ...]:
    kept = f" keep: {one.keep_entries}" if one.keep_entries else ""
    return (
        f"{one.field}: {one.meaning}",
        f"{one.verdict}{_how(one)}",
        _minutes(one.minutes),
        str(len(one.subjects) or "-"),
        _cut(one.entries + kept) or "-",
        "; ".join(one.missing) or "-",
    )


def _how(one: FieldPart) -> str:
    said = [word for word, is_so in (("shown", one.was_shown), ("changed", one.was_changed)) if is_so]
    return f" ({', '.join(said)})" if said else ""


def _minutes(minutes: Sequence[str]) -> str:
    if len(minutes) <= _MOST_MINUTES:
        return ", ".join(minutes) or "-"
    return f"{minutes[0]} to {minutes[-1]}, {len(minutes)} minutes; all of them in the JSON"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} and more; all of them in the JSON"


def _siblings(report: Report) -> Iterator[Section]:
    found = report.siblings
    tables: dict[str, list[tuple[str, ...]]] = {
        "Who else acts like that": [("customer", "actor", "acts")],
        "Acts that were used": [("act", "asks for presence", "roles", "acts that ask no more")],
        "Settings that others have too": [("setting", "customers")],
    }
    actors, checks, settings = tables.values()
    actors += [(one.customer, one.actor, ", ".join(f"{k} {v}" for k, v in one.acts.items())) for one in found.actors]
    checks += [
        (one.act, "yes" if one.asks_presence else "no", ", ".join(one.roles), _cut(", ".join(one.same_checks)))
        for one in found.checks
    ]
    settings += [(one.setting, ", ".join(one.customers)) for one in found.settings]
    yield from (Section(title, (), tuple(rows)) for title, rows in tables.items() if len(rows) > 1)
    if found.doctor is not None:
        yield Section("What doctor found", ("The findings are in the JSON.",))
