"""Notices about the whole incident: GDPR Art. 33 in phases, Art. 34, NIS2 Art. 23, and the report for the public."""

from collections.abc import Iterator
from datetime import datetime

from facekeep.service.incident.notices import facts
from facekeep.service.incident.notices import sentences as s
from facekeep.service.incident.notices.clocks import clock_of, is_over
from facekeep.service.incident.notices.letters import article_34
from facekeep.service.incident.notices.notice import Notice, required
from facekeep.service.incident.report import Report
from facekeep.service.incident.verdicts import Verdict
from facekeep.service.incident.words import Section


def authorities(report: Report, now: datetime) -> Iterator[Notice]:
    """Every notice that is about the whole incident. None holds a pseudonym of a customer."""
    for phase in ("gdpr-33-1", "gdpr-33-2", "gdpr-33-3"):
        yield _notice(f"authorities/{phase}", phase, report, tuple(_article_33(phase, report, now)))
    yield article_34(report, report.customers, now, name="authorities/gdpr-34")
    made = {"nis2-1": _early_warning, "nis2-2": _notification, "nis2-3": _final_report}
    for kind, sections in made.items():
        first = Section("", (s.ABOUT[kind], s.PLAIN_HOURS), (("", ""), *facts.due_rows(kind, report, now)))
        yield _notice(f"authorities/{kind}", kind, report, (first, _times(report), *sections(report)))
    yield _notice("public/post-incident-report", "public", report, tuple(_public(report, now)))


def _notice(name: str, kind: str, report: Report, body: tuple[Section, ...]) -> Notice:
    return Notice(name, s.TITLES[kind], body, clock_of(kind, report.incident.aware_at).due_at)


def _article_33(phase: str, report: Report, now: datetime) -> Iterator[Section]:
    rows = (("", ""), *facts.due_rows(phase, report, now))
    yield Section("", (s.ABOUT["gdpr-33"], s.PLAIN_HOURS), rows)
    if phase == "gdpr-33-1":
        if is_over(clock_of(phase, report.incident.aware_at).due_at, now):
            yield Section(s.SECTIONS["delay"], (required("delay"),))
    else:
        yield Section(s.SECTIONS["new"], (required("reference"), required("new")))
    yield _times(report)
    yield Section(s.SECTIONS["nature"], (_counts(report), required("plain"), required("persons")), _nature(report))
    if phase == "gdpr-33-3":
        yield Section(s.SECTIONS["cause"], (facts.cause(report),))
    yield Section(s.SECTIONS["contact"], (required("contact"),))
    yield Section(s.SECTIONS["consequences"], (required("consequences"),))
    yield Section(s.SECTIONS["measures"], (required("measures"), required("sign")))


def _early_warning(report: Report) -> Iterator[Section]:  # noqa: ARG001  what the law asks for is a person's judgement
    yield Section(s.SECTIONS["suspicion"], (required("suspicion"), required("border"), required("contact")))


def _notification(report: Report) -> Iterator[Section]:
    yield from _early_warning(report)
    yield Section(s.SECTIONS["assessment"], (_counts(report), required("severity")), _nature(report))
    yield Section(s.SECTIONS["indicators"], (required("indicators"),), _actors(report))


def _final_report(report: Report) -> Iterator[Section]:
    said = (_counts(report), required("plain"), required("severity"))
    yield Section(s.SECTIONS["description"], said, _nature(report))
    yield Section(s.SECTIONS["threat"], (facts.cause(report), required("threat")))
    yield Section(s.SECTIONS["mitigation"], (required("mitigation"),))
    yield Section(s.SECTIONS["border"], (required("border"), required("contact"), required("sign")))


def _public(report: Report, now: datetime) -> Iterator[Section]:
    yield Section("", (s.ABOUT["public"],), (("", ""), *facts.due_rows("public", report, now)))
    yield Section(s.SECTIONS["plain_nature"], (required("plain"),))
    yield _times(report)
    yield Section(s.SECTIONS["cause"], (facts.cause(report),))
    yield Section(s.SECTIONS["known"], (_counts(report), s.SIGNED), _nature(report))
    yield Section(s.SECTIONS["lessons"], (required("measures"), required("lessons")))
    yield Section(s.SECTIONS["ask"], (required("contact"), required("sign")))


def _times(report: Report) -> Section:
    return Section(s.SECTIONS["times"], (), (("", ""), *facts.times(report)))


def _nature(report: Report) -> tuple[tuple[str, ...], ...]:
    return facts.nature(report.customers)


def _counts(report: Report) -> str:
    found: list[Verdict] = [facts.worst(one) for one in report.customers]
    return s.COUNTS.format(counts=facts.counted(found))


def _actors(report: Report) -> tuple[tuple[str, ...], ...]:
    named = (*report.question.suspects, *report.question.made)
    return (("", ""), *(("actor", one) for one in named)) if named else ()
