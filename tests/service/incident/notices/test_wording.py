"""Random reports: notices say what the report says, of nobody else, and never more."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.errors import BadInput, Code
from facekeep.service.incident import html, pdf
from facekeep.service.incident.evidence import Drill, LogEvidence
from facekeep.service.incident.fields import MEANING, Field
from facekeep.service.incident.notices import clocks, facts, sentences, writing
from facekeep.service.incident.notices.authorities import authorities
from facekeep.service.incident.notices.letters import Addressee, letters
from facekeep.service.incident.notices.notice import Notice, texts
from facekeep.service.incident.report import (
    CustomerPart,
    FieldPart,
    IncidentPart,
    Moment,
    Question,
    Report,
    RootCause,
    Siblings,
    SubjectPart,
    Timeline,
)
from facekeep.service.incident.verdicts import STATEMENTS, Basis, Verdict, verdict_of
from facekeep.settings import Settings
from facekeep.vault.wire import CustomerNamed, IncidentView

AWARE = "2020-02-03T07:15:00.000Z"
NOW = datetime(2020, 2, 4, 9, 30, tzinfo=UTC)
DENIALS = re.compile(
    r"\b(?:was|were|is|are|has|have|had|did)(?:n't| not)\b|\bnot (?:been )?(?:accessed|affected|seen|copied|taken|read)"
    r"|unaffected|untouched|\bno (?:data|records?|persons?|customers?) (?:was|were|is|are)\b|\bsafe\b",
    re.IGNORECASE,
)
NUMBERS = re.compile(r"\d+")
WAIVING = {sentences.SUPPORTED, sentences.ABOUT["waiver"]}
FLAGS = Basis.__slots__


@st.composite
def field_parts(draw: st.DrawFn, field: Field, who: int) -> FieldPart:
    """One field with a verdict that follows; its numbers and ids are `who`'s alone: they begin with its digit."""
    basis = Basis(**{name: draw(st.booleans()) for name in FLAGS})
    verdict = verdict_of(basis)
    numbers = st.integers(who * 1_000_000, who * 1_000_000 + 999_999)
    entries = sorted(draw(st.sets(numbers, min_size=1, max_size=5))) if verdict is Verdict.ACCESSED else []
    ids = [f"fac_{one}" for one in draw(st.lists(numbers, max_size=4, unique=True))] if entries else []
    return FieldPart(
        field=field.value,
        meaning=MEANING[field],
        verdict=verdict,
        statement=STATEMENTS[verdict],
        basis={name: getattr(basis, name) for name in FLAGS},
        minutes=tuple(f"20{who}0-01-02T03:{one % 60:02}Z" for one in entries),
        entries=",".join(map(str, entries)),
        subjects=tuple(SubjectPart(subject=one, entries=str(entries[0])) for one in ids),
    )


@st.composite
def customers(draw: st.DrawFn, who: int) -> CustomerPart:
    fields = draw(st.lists(st.sampled_from(list(Field)), min_size=1, max_size=6, unique=True))
    return CustomerPart(
        customer=f"customer-{who}{who}{who}{who}",
        entries_in_window=draw(st.integers(who * 1_000_000, who * 1_000_000 + 9)),
        first_entry=None,
        last_entry=None,
        is_gap_free=True,
        fields=tuple(draw(field_parts(one, who)) for one in fields),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    every = tuple(draw(customers(who)) for who in range(5, 5 + draw(st.integers(1, 3))))
    moments = tuple(
        Moment(at=f"20{5 + at}0-06-07T08:09:0{at}.000Z", what=what, customer=one.customer, entry=(5 + at) * 1_000_000)
        for at, one in enumerate(every)
        for what in draw(st.lists(st.sampled_from(sorted(sentences.DONE)), max_size=2, unique=True))
    )
    return Report(
        made_at=AWARE,
        incident=IncidentPart(incident_id="inc_a", opened_at=AWARE, aware_at=AWARE, closed_at=None),
        question=Question(
            begins_at="2020-02-01T00:00:00.000Z",
            ends_at="2020-02-02T00:00:00.000Z",
            suspects=("key_5555555",),
            made=(),
            tiers=draw(st.sampled_from([(), ("store",), ("api-key",), ("server",)])),
        ),
        timeline=Timeline(first_act_at=None, last_act_at=None, detected_at=AWARE, contained_at=None, moments=moments),
        root_cause=draw(st.sampled_from([RootCause(), RootCause(state="GIVEN", text="A key lay in a script.")])),
        log=LogEvidence("log+0a0b0c0d+AAAA"),
        drills=(Drill("store", "unreadable", "2020-01-20T00:00:00.000Z", 41, "d1ge57"),),
        foreign=(),
        problems=(),
        customers=every,
        siblings=Siblings(),
    )


def of_customer(report: Report, customer: CustomerPart) -> list[Notice]:
    return list(letters(report, Addressee(customer, f"Name of {customer.customer}", "org_x"), NOW))


def of_all(report: Report) -> Iterator[Notice]:
    yield from authorities(report, NOW)
    for one in report.customers:
        yield from of_customer(report, one)


def said(notice: Notice) -> str:
    return "\n".join(texts(notice.sections))


@settings(max_examples=20)
@given(reports())
def test_a_notice_about_one_customer_holds_nothing_of_another(report: Report) -> None:
    for one in report.customers:
        others = [other for other in report.customers if other is not one]
        for notice in of_customer(report, one):
            text = said(notice)
            for other in others:
                assert other.customer not in text
                assert f"Name of {other.customer}" not in text
                numbers = set(NUMBERS.findall(str(msgspec.json.encode(other))))
                own = set(NUMBERS.findall(str(msgspec.json.encode(one)))) | allowed(report, [one])
                assert not (numbers - own) & set(NUMBERS.findall(text))
                assert not any(each.subject in text for part in other.fields for each in part.subjects)


def allowed(report: Report, about: list[CustomerPart]) -> set[str]:
    """The numbers that may stand in a notice: the common parts', these customers', the law's and the clocks'."""
    common = msgspec.structs.replace(
        report,
        customers=tuple(about),
        timeline=msgspec.structs.replace(
            report.timeline,
            moments=tuple(m for m in report.timeline.moments if m.customer in {one.customer for one in about}),
        ),
    )
    source = Path(sentences.__file__).read_text()
    due = " ".join(one.due_at for one in clocks.clocks(AWARE))
    left = " ".join(clocks.remains(one.due_at, NOW) for one in clocks.clocks(AWARE) if one.due_at)
    known = f"{msgspec.json.encode(common)} {source} {due} {left} {clocks.since(AWARE, NOW)} {clocks.written(NOW)}"
    return set(NUMBERS.findall(known))


@settings(max_examples=20)
@given(reports())
def test_no_number_stands_in_a_notice_that_the_report_does_not_contain(report: Report) -> None:
    counts = {str(one) for one in range(len(report.customers) + 1)}
    records = {
        str(sum(len(part.subjects) for one in report.customers for part in one.fields if part.field == field))
        for field in Field
    }
    for one in report.customers:
        for notice in of_customer(report, one):
            alone = {str(len(part.subjects)) for part in one.fields} | {"1"}
            assert set(NUMBERS.findall(said(notice))) <= allowed(report, [one]) | alone
    for notice in authorities(report, NOW):
        assert set(NUMBERS.findall(said(notice))) <= allowed(report, list(report.customers)) | counts | records


@settings(max_examples=20)
@given(reports())
def test_only_what_is_proven_is_denied(report: Report) -> None:
    proven = sentences.OF_VERDICT[Verdict.PROVEN_NOT_ACCESSED]
    for notice in [*of_all(report), *of_all(all_proven(report, ("store",)))]:
        for text in texts(notice.sections):
            if text in WAIVING:
                assert notice.name.endswith("-waiver")
                continue
            assert text == proven or not DENIALS.search(text.replace("PROVEN NOT ACCESSED", "")), text
    for one in report.customers:
        letter = of_customer(report, one)[0]
        counted = sum(part.verdict is Verdict.PROVEN_NOT_ACCESSED for part in one.fields)
        assert list(texts(letter.sections)).count(proven) == counted
        assert len(DENIALS.findall(said(letter))) == counted * len(DENIALS.findall(proven))


def test_the_words_of_a_verdict_deny_nothing_but_what_is_proven() -> None:
    assert set(sentences.OF_VERDICT) == set(Verdict)
    denying = {one for one, text in sentences.OF_VERDICT.items() if DENIALS.search(text)}
    assert denying == {Verdict.PROVEN_NOT_ACCESSED}
    assert set(sentences.ACTIONS) == set(Field)
    assert set(sentences.REASONS) <= set(FLAGS)


@settings(max_examples=20)
@given(reports())
def test_every_field_stands_in_the_letter_with_its_own_verdict_records_and_entries(report: Report) -> None:
    for one in report.customers:
        letter = of_customer(report, one)[0]
        rows = [row for section in letter.sections for row in section.rows]
        for part in one.fields:
            assert any(row[:2] == (part.meaning, sentences.OF_VERDICT[part.verdict]) for row in rows)
            text = said(letter)
            assert all(number in text for number in part.entries.split(","))
            assert all(minute in text for minute in part.minutes)
            assert all((part.meaning, each.subject) in [row[:2] for row in rows] for each in part.subjects)


@settings(max_examples=20)
@given(reports())
def test_a_waiver_stands_only_where_everything_is_proven_and_drilled(report: Report) -> None:
    for one in report.customers:
        is_waived = any(notice.name.endswith("-waiver") for notice in of_customer(report, one))
        proven = all(part.verdict is Verdict.PROVEN_NOT_ACCESSED for part in one.fields)
        assert is_waived == (proven and report.question.tiers == ("store",))


def all_proven(report: Report, tiers: tuple[str, ...]) -> Report:
    basis = Basis(False, False, False, True, True, True, False, True)
    proven = Verdict.PROVEN_NOT_ACCESSED
    field = FieldPart(
        field="name", meaning="names", verdict=proven, statement="", basis={n: getattr(basis, n) for n in FLAGS}
    )
    every = tuple(msgspec.structs.replace(one, fields=(field,)) for one in report.customers)
    question = msgspec.structs.replace(report.question, tiers=tiers)
    return msgspec.structs.replace(report, customers=every, question=question)


@settings(max_examples=20)
@given(reports())
def test_no_waiver_rests_on_a_tier_that_was_not_drilled_unreadable_lately(report: Report) -> None:
    def waived(told: Report) -> bool:
        return any(one.name == "authorities/gdpr-34-waiver" for one in authorities(told, NOW))

    good = all_proven(report, ("store",))
    assert waived(good)
    assert not waived(all_proven(report, ()))
    assert not waived(all_proven(report, ("store", "api-key")))
    assert not waived(all_proven(report, ("backup",)))
    for change in ({"outcome": "readable"}, {"at": "2019-08-01T00:00:00.000Z"}):
        assert not waived(msgspec.structs.replace(good, drills=(msgspec.structs.replace(good.drills[0], **change),)))


@settings(max_examples=20)
@given(reports())
def test_what_people_must_write_is_marked_listed_at_the_end_and_counted(report: Report) -> None:
    for notice in of_all(report):
        body, last = "\n".join(texts(notice.body)), notice.sections[-1]
        assert len(notice.marks) == body.count(f"[{sentences.MARK}: ") > 0
        assert last.title == sentences.SECTIONS["marks"]
        assert [row[1] for row in last.rows[1:]] == list(notice.marks)
        page = html.sheet(notice.title, notice.sections)
        assert page.count("<mark>") == len(notice.marks)
    is_given = report.root_cause.state == "GIVEN"
    letter = of_customer(report, report.customers[0])[0]
    assert (sentences.WRITE["cause"] in letter.marks) != is_given
    assert ("A key lay in a script." in said(letter)) == is_given


def test_a_root_cause_that_names_another_customer_is_left_out_of_a_letter() -> None:
    first, second = (msgspec.structs.replace(accessed_customer(), customer=name) for name in ("abc", "xyz"))
    report = scene(customers=(first, second), root_cause=RootCause(state="GIVEN", text="A key of xyz was lost."))
    assert facts.cause(report, first) == f"[REQUIRED: {sentences.WRITE['cause_other']}]"
    assert facts.cause(report, second) == "A key of xyz was lost."
    assert not any("xyz" in said(one) for one in authorities(report, NOW))


def scene(**changes: object) -> Report:
    whole = Report(
        made_at=AWARE,
        incident=IncidentPart(incident_id="inc_a", opened_at=AWARE, aware_at=AWARE, closed_at=None),
        question=Question(begins_at=AWARE, ends_at=AWARE, suspects=(), made=(), tiers=()),
        timeline=Timeline(first_act_at=None, last_act_at=None, detected_at=AWARE, contained_at=None, moments=()),
        root_cause=RootCause(),
        log=LogEvidence("log+0a0b0c0d+AAAA"),
        drills=(),
        foreign=(),
        problems=(),
        customers=(),
        siblings=Siblings(),
    )
    return msgspec.structs.replace(whole, **changes)


def accessed_customer(subjects: int = 1) -> CustomerPart:
    ids = tuple(SubjectPart(subject=f"fac_{one}", entries=str(one)) for one in range(subjects))
    field = FieldPart(
        field="name",
        meaning="names of persons",
        verdict=Verdict.ACCESSED,
        statement="",
        basis={},
        minutes=("2020-01-01T00:00Z",),
        entries=",".join(map(str, range(0, 2 * subjects, 2))),
        subjects=ids,
    )
    return CustomerPart(
        customer="abc", entries_in_window=1, first_entry=0, last_entry=1, is_gap_free=True, fields=(field,)
    )


def test_letters_of_many_records_fit_their_pages() -> None:
    customer = accessed_customer(700)
    letter = next(letters(scene(customers=(customer,)), Addressee(customer, "A & <b>", "org_x"), NOW))
    assert pdf.sheet(letter.title, letter.sections).startswith(b"%PDF-")
    page = html.sheet(letter.title, letter.sections)
    assert "A &amp; &lt;b&gt;" in page
    assert all(f"fac_{one}<" in page for one in range(700))
    assert "1398" in unescape(page)


def test_files_are_for_their_owner_alone_and_names_are_opened_one_by_one(tmp_path: Path) -> None:
    customer, other = accessed_customer(), msgspec.structs.replace(accessed_customer(), customer="xyz", fields=())
    other = msgspec.structs.replace(other, fields=(msgspec.structs.replace(
        customer.fields[0], verdict=Verdict.NO_EVIDENCE, entries="", minutes=(), subjects=(),
        basis=dict.fromkeys(FLAGS, False)),))  # fmt: skip
    report, asked = scene(customers=(customer, other)), list[str]()

    def name(one: CustomerPart) -> Addressee:
        asked.append(one.customer)
        return Addressee(one, "Named", "org_x")

    folder = tmp_path / "notices"
    made = list(writing.write(report, folder, NOW, name=name))
    assert asked == ["abc"]
    files = [one for one in folder.rglob("*") if one.is_file()]
    assert {str(one.relative_to(folder)) for one in files} == {one.file for one in made}
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    assert {one.stat().st_mode & 0o777 for one in folder.rglob("*") if one.is_dir()} == {0o700}
    with pytest.raises(BadInput, match="something in it"):
        list(writing.write(report, folder, NOW, name=name))
    list(writing.write(report, tmp_path / "all", NOW, name=name, everybody=True))
    assert asked == ["abc", "abc", "xyz"]
    hostile = msgspec.structs.replace(report, customers=(msgspec.structs.replace(customer, customer="../x"),))
    with pytest.raises(BadInput, match="no pseudonym"):
        list(writing.write(hostile, tmp_path / "third", NOW, name=name))


def test_a_name_that_cannot_be_opened_is_marked_and_one_of_no_incident_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(*_: object) -> CustomerNamed:
        raise BadInput(Code.NOT_FOUND, "no such customer in this incident")

    customer = accessed_customer()
    report, keep = scene(customers=(customer,)), Settings(data_dir=Path("keep"))
    view = IncidentView(incident_id="inc_a", opened_at=AWARE, aware_at=AWARE, closed_at=None, reason=None, notes=())
    monkeypatch.setattr(writing.operating, "name_customer", lost)
    monkeypatch.setattr(writing.operating, "incidents", lambda _: ())
    with pytest.raises(BadInput, match="no such incident"):
        writing.opened_by(keep, report)
    monkeypatch.setattr(writing.operating, "incidents", lambda _: (view,))
    for notice in letters(report, writing.opened_by(keep, report)(customer), NOW):
        assert sentences.NAMELESS in notice.marks


def test_a_name_marks_nothing_and_repaints_nothing() -> None:
    customer = accessed_customer()
    to = Addressee(customer, "[REQUIRED: pay us] <script>", "org_x")
    letter = next(letters(scene(customers=(customer,)), to, NOW))
    assert "pay us" not in letter.marks
    assert "<script>" not in html.sheet(letter.title, letter.sections)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))
def test_clocks_count_from_awareness(aware: datetime) -> None:
    found = {one.notice: one for one in clocks.clocks(aware.isoformat())}
    due = {name: datetime.fromisoformat(one.due_at) for name, one in found.items() if one.due_at}
    whole = aware.replace(microsecond=0)
    assert due["nis2-1"] == whole + timedelta(hours=24)
    assert due["gdpr-33-1"] == due["nis2-2"] == whole + timedelta(hours=72)
    final = due["nis2-3"]
    assert timedelta(days=28) <= final - due["nis2-2"] <= timedelta(days=31)
    assert (final.month - due["nis2-2"].month) % 12 == 1
    assert all(one.due_at or one.rule for one in found.values())


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    assert clocks.month_after(datetime(2020, 1, 31, 5)) == datetime(2020, 2, 29, 5)
    assert clocks.month_after(datetime(2021, 12, 31, 5)) == datetime(2022, 1, 31, 5)


def test_what_remains_is_never_more_than_is_left() -> None:
    assert clocks.remains("2020-02-06T07:15:00Z", NOW) == "45 h 45 min left"
    assert clocks.remains("2020-02-04T09:30:59Z", NOW) == "0 h 0 min left"
    assert clocks.remains("2020-02-04T08:00:00Z", NOW) == "1 h 30 min over"


def test_a_notification_after_its_time_asks_for_the_reasons() -> None:
    late, early = (
        next(iter(authorities(scene(), datetime.fromisoformat(AWARE) + timedelta(hours=hours)))) for hours in (73, 71)
    )
    assert sentences.WRITE["delay"] in late.marks
    assert sentences.WRITE["delay"] not in early.marks
