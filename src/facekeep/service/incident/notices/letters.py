"""Notices about one customer, with nothing of any other: the letter, Art. 34 for its persons, and the US notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from facekeep.service.incident.notices import facts
from facekeep.service.incident.notices import sentences as s
from facekeep.service.incident.notices.notice import MARKED, Notice, required
from facekeep.service.incident.report import CustomerPart, Report
from facekeep.service.incident.words import Section


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter is for. `name` and `organization_id` are empty where no name was opened."""

    customer: CustomerPart
    name: str = ""
    organization_id: str = ""
    is_lost: bool = False

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Who it is, in the head of a notice."""
        if not self.name:
            who = f"[{s.MARK}: {s.NAMELESS}]" if self.is_lost else s.PSEUDONYM
            return (("", ""), (s.HEAD["organization"], who), (s.HEAD["pseudonym"], self.customer.customer))
        shown = MARKED.sub(r"(\1)", self.name)  # a name cannot mark anything
        rows = ((s.HEAD["organization"], shown), (s.HEAD["id"], self.organization_id))
        return (("", ""), *rows, (s.HEAD["pseudonym"], self.customer.customer))


def letters(report: Report, to: Addressee, now: datetime) -> Iterator[Notice]:
    """Every notice about one customer."""
    folder = f"customers/{to.customer.customer}"
    yield Notice(f"{folder}/letter", s.TITLES["letter"], tuple(_letter(report, to, now)))
    yield article_34(report, (to.customer,), now, name=f"{folder}/gdpr-34", to=to)
    yield Notice(f"{folder}/us", s.TITLES["us"], tuple(_us(report, to, now)))


def _letter(report: Report, to: Addressee, now: datetime) -> Iterator[Section]:
    customer = to.customer
    yield Section("", (s.ABOUT["letter"],), (*to.rows, *facts.due_rows("letter", report, now), *facts.scope(report)))
    yield Section(s.SECTIONS["plain_nature"], (required("plain"),))
    yield Section(s.SECTIONS["cause"], (facts.cause(report, customer),))
    yield from _own_rows(customer)
    yield facts.done(report, customer)
    yield Section(s.SECTIONS["do"], facts.actions(customer))
    yield Section(s.SECTIONS["check"], (s.CHECK, report.log.verifier_key))
    yield Section(s.SECTIONS["ask"], (required("contact"), required("sign")))


def _own_rows(customer: CustomerPart) -> Iterator[Section]:
    yield facts.known(customer)
    yield from facts.reasons(customer)
    yield from facts.records(customer)


def _us(report: Report, to: Addressee, now: datetime) -> Iterator[Section]:
    customer = to.customer
    head = (*to.rows, *facts.due_rows("us", report, now), *facts.scope(report))
    yield Section("", (s.ABOUT["us"], required("states"), required("date")), head)
    yield Section(s.SECTIONS["us_what"], (required("plain"), facts.cause(report, customer)))
    found = facts.known(customer)
    yield Section(s.SECTIONS["us_information"], found.sentences, found.rows)
    did = facts.done(report, customer)
    yield Section(s.SECTIONS["us_doing"], (*did.sentences, required("measures")), did.rows)
    yield Section(s.SECTIONS["us_do"], (*facts.actions(customer), required("offer")))
    yield Section(s.SECTIONS["us_more"], (required("free"), required("sign")))


def article_34(
    report: Report, customers: tuple[CustomerPart, ...], now: datetime, *, name: str, to: Addressee | None = None
) -> Notice:
    """The communication to persons, or the waiver where verdicts and drills support it for all these customers."""
    head = (*(to.rows if to else (("", ""),)), *facts.due_rows("gdpr-34", report, now), *facts.scope(report))
    drills = facts.supporting(report, customers)
    if not drills:
        return Notice(name, s.TITLES["gdpr-34"], tuple(_communication(report, customers, head, to)))
    rows = tuple((one.tier, one.outcome, one.at, f"{one.entry}, {one.digest}") for one in drills)
    body = (
        Section("", (s.ABOUT["waiver"],), head),
        Section(s.SECTIONS["verdicts"], (s.SUPPORTED, required("held"), required("risk"))),
        Section(s.SECTIONS["evidence"], (), (s.COLUMNS["drills"], *rows)),
        Section(s.SECTIONS["nature"], (), facts.nature(customers)),
        Section(s.SECTIONS["contact"], (required("contact"), required("sign"))),
    )
    return Notice(f"{name}-waiver", s.TITLES["waiver"], body)


def _communication(
    report: Report, customers: tuple[CustomerPart, ...], head: tuple[tuple[str, str], ...], to: Addressee | None
) -> Iterator[Section]:
    yield Section("", (s.ABOUT["gdpr-34"], required("risk")), head)
    yield Section(s.SECTIONS["plain_nature"], (required("plain"), facts.cause(report, to.customer if to else None)))
    if to:
        yield from _own_rows(to.customer)
    else:
        yield Section(s.SECTIONS["nature"], (), facts.nature(customers))
    yield Section(s.SECTIONS["contact"], (required("contact"),))
    yield Section(s.SECTIONS["consequences"], (required("consequences"),))
    yield Section(s.SECTIONS["measures"], (required("measures"), required("sign")))
