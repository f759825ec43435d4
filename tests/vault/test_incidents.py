import hashlib

import msgspec
import pytest
from town import Town
from vault_driver import code_of

from facekeep.errors import FacekeepError
from facekeep.ledger.note import open_note, parse_verifier_key
from facekeep.ledger.statement import parse_drill_text, parse_report_text, report_text
from facekeep.vault import clock, exposure, wire
from facekeep.vault.cases import forgetting
from facekeep.vault.incidents.reading import Position
from facekeep.vault.log_entries import LogRecord
from facekeep.vault.log_signing import signature_is_good

LONG_AGO = "2020-01-01T00:00:00Z"


def opened(town: Town) -> wire.IncidentOpened:
    return town.ask_operator(wire.OpenIncident(), wire.IncidentOpened)


def read(town: Town, incident_id: str, *, begins_at: str = LONG_AGO, limit: int = 7) -> dict[str, list[LogRecord]]:
    """Every customer's entries, read a small page at a time."""
    found: dict[str, list[LogRecord]] = {}
    ends_at, cursor = clock.timestamp(), ""
    while True:
        message = wire.ReadEntries(
            incident_id=incident_id, begins_at=begins_at, ends_at=ends_at, cursor=cursor, limit=limit
        )
        page = town.ask_operator(message, wire.EntriesPage)
        texts = [msgspec.msgpack.decode(text, type=LogRecord) for text in page.entries]
        assert [one.number for one in texts] == list(range(page.start, page.end))
        found.setdefault(page.customer, []).extend(texts)
        cursor = page.next_cursor
        if not cursor:
            return found


def add(town: Town, name: str) -> wire.OrganizationAdded:
    return town.ask_operator(
        wire.AddOrganization(name=name, admin="a", is_program=True), wire.OrganizationAdded
    )


def test_every_customer_is_read_whole_under_a_name_that_means_nothing(town: Town) -> None:
    org_ids = {add(town, f"Customer {n}").organization_id for n in range(3)}
    for _ in range(20):
        town.ask(wire.ListCollections(session=town.admin), wire.CollectionPage)
    incident = opened(town)
    found = read(town, incident.incident_id)
    assert len(found) == 5
    assert sorted(len(entries) for customer, entries in found.items() if customer != "keep") == [1, 1, 1, 20]
    assert "incident.read" in {one.act for one in found["keep"]}
    whole = msgspec.msgpack.encode(found)
    assert not any(one.encode() in whole for one in org_ids)
    assert read(town, incident.incident_id).keys() == found.keys()
    assert not (read(town, opened(town).incident_id).keys() & found.keys()) - {"keep"}


def test_entries_from_a_time_on_are_read_with_an_hour_more_and_no_others(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    org_id = town.myself(town.key_session()).organization_id
    for hours_ago in (9, 8, 7, 6.5, 5, 2, 1):
        at = clock.timestamp(hours=-hours_ago)
        with monkeypatch.context() as earlier:
            earlier.setattr("facekeep.vault.journal.timestamp", lambda at=at: at)
            town.vault.journal.write(org_id, "keep", f"hours.{hours_ago}", "done", {})
    incident = opened(town)
    found = read(town, incident.incident_id, begins_at=clock.timestamp(hours=-6))
    (acts,) = [[one.act for one in entries] for customer, entries in found.items() if customer != "keep"]
    assert acts == ["hours.6.5", "hours.5", "hours.2", "hours.1"]


@pytest.mark.parametrize("position", [Position(0, None), Position(0, 0), Position(3, None), Position(2**22, 2**38)])
def test_a_cursor_holds_a_position(position: Position) -> None:
    assert Position.read(position.packed) == position


def test_a_page_is_read_only_with_a_cursor_of_its_own_reading(town: Town) -> None:
    incident, ends_at = opened(town).incident_id, clock.timestamp()
    first = town.ask_operator(
        wire.ReadEntries(incident_id=incident, begins_at=LONG_AGO, ends_at=ends_at, limit=1), wire.EntriesPage
    )
    other = wire.ReadEntries(
        incident_id=incident, begins_at="2021-01-01T00:00:00Z", ends_at=ends_at, cursor=first.next_cursor
    )
    assert code_of(town.keeper.operate, other) == "invalid_request"
    later = wire.ReadEntries(incident_id=incident, begins_at=LONG_AGO, ends_at=clock.timestamp(hours=1))
    assert code_of(town.keeper.operate, later) == "invalid_request"


def test_an_open_incident_keeps_what_would_have_been_forgotten(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = town.vault
    with vault.database.transaction():
        vault.database.run("INSERT INTO usage VALUES ('org_1', 3, 'searches', 9)")
        exposure.admit(vault.database, "mem_1", [7], b"probe", 16)
    incident = opened(town)
    monkeypatch.setattr(exposure, "day_number", lambda: clock.day_number() + 400)
    vault.sweep()
    assert vault.database.row("SELECT count FROM usage WHERE org_id = 'org_1'") == (9,)
    with vault.database.transaction():
        assert exposure.admit(vault.database, "mem_1", [7], b"other", 1) == {7}  # the old one counts no more
    assert vault.database.row("SELECT count(*) FROM exposures WHERE face = 7") == (2,)
    town.ask_operator(wire.CloseIncident(incident_id=incident.incident_id, reason="looked into"), wire.Done)
    forgetting.sweep(vault.database, vault.journal)
    assert vault.database.row("SELECT 1 FROM usage WHERE org_id = 'org_1'") is None
    with vault.database.transaction():
        exposure.admit(vault.database, "mem_1", [7], b"third", 16)
    assert vault.database.row("SELECT count(*) FROM exposures WHERE face = 7") == (2,)


def test_a_closed_incident_stays_closed_and_needs_a_reason(town: Town) -> None:
    incident = opened(town).incident_id
    empty = msgspec.msgpack.encode(wire.CloseIncident(incident_id=incident, reason=""))
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(empty, type=wire.CloseIncident)
    town.ask_operator(wire.CloseIncident(incident_id=incident, reason="over"), wire.Done)
    assert code_of(town.keeper.operate, wire.CloseIncident(incident_id=incident, reason="again")) == "conflict"
    (shown,) = town.ask_operator(wire.ListIncidents(), wire.IncidentList).items
    assert (shown.incident_id, shown.reason, shown.closed_at is not None) == (incident, "over", True)


def test_opening_publishes_a_checkpoint_at_once_and_says_when_one_was_aware(town: Town) -> None:
    before = town.vault.log.published_size
    at = clock.timestamp(hours=-5)
    incident = town.ask_operator(wire.OpenIncident(aware_at=at), wire.IncidentOpened)
    assert town.vault.log.published_size > before
    assert incident.aware_at == at
    (entry,) = [one for one in read(town, incident.incident_id)["keep"] if one.act == "incident.opened"]
    assert entry.facts == {"incident": incident.incident_id, "aware_at": at}
    future = wire.OpenIncident(aware_at=clock.timestamp(hours=1))
    assert code_of(town.keeper.operate, future) == "invalid_request"


def test_a_name_is_opened_one_at_a_time_and_each_time_logged(town: Town) -> None:
    add(town, "Umbrella Bureau")
    incident = opened(town).incident_id
    names = {
        town.ask_operator(wire.NameCustomer(incident_id=incident, customer=one), wire.CustomerNamed).name
        for one in read(town, incident)
        if one != "keep"
    }
    assert names == {"First", "Umbrella Bureau"}
    entries = read(town, incident)["keep"]
    assert [one.act for one in entries].count("customer.named") == 2
    assert "Umbrella" not in str(entries)
    unknown = wire.NameCustomer(incident_id=incident, customer="cus_nobody")
    assert code_of(town.keeper.operate, unknown) == "not_found"


def test_a_shredded_customer_has_neither_entries_nor_a_name(town: Town) -> None:
    gone = add(town, "Gone Ltd").organization_id
    incident = opened(town).incident_id
    pseudonyms = read(town, incident).keys()
    town.ask_operator(wire.ShredOrganization(organization_id=gone, expected_name="Gone Ltd"), wire.Done)
    after = read(town, incident)
    (lost,) = pseudonyms - after.keys()
    assert [one.facts for one in after["keep"] if one.act == "organization.shred"] == [{"organization": lost}]
    assert code_of(town.keeper.operate, wire.NameCustomer(incident_id=incident, customer=lost)) == "not_found"


def test_a_report_is_signed_by_the_logs_key_and_no_checkpoint_can_be(town: Town) -> None:
    incident = opened(town)
    digest = hashlib.sha256(b"report").digest()
    made = town.ask_operator(wire.SignReport(incident_id=incident.incident_id, digest=digest), wire.ReportSigned)
    key = parse_verifier_key(incident.verifier_key)
    text = open_note(made.note.encode(), expected_key=key, is_good=signature_is_good)
    assert parse_report_text(text) == (incident.incident_id, digest)
    checkpoint = open_note(incident.note.encode(), expected_key=key, is_good=signature_is_good)
    assert code_of(town.vault.log.signed, checkpoint) == "log_altered"
    assert code_of(parse_report_text, checkpoint) == "log_altered"
    assert code_of(report_text, "inc_short", digest) == "log_altered"


def test_only_this_logs_checkpoints_are_kept_with_an_incident(town: Town) -> None:
    incident = opened(town)
    town.ask_operator(wire.KeepNote(incident_id=incident.incident_id, note=incident.note), wire.Done)
    (shown,) = town.ask_operator(wire.ListIncidents(), wire.IncidentList).items
    assert shown.notes == (incident.note,)
    altered = incident.note.replace("\n", "\n1", 1)
    assert code_of(town.keeper.operate, wire.KeepNote(incident_id=incident.incident_id, note=altered)) == "log_altered"


def test_drills_and_foreign_hands_are_entries(town: Town) -> None:
    incident = opened(town).incident_id
    recorded = wire.RecordDrill(digest=b"d" * 32, outcomes={"store": "unreadable"})
    note = town.ask_operator(recorded, wire.ReportSigned).note
    times = {"begins_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-02T00:00:00+01:00"}
    town.ask_operator(wire.DeclareForeign(incident_id=incident, **times), wire.Done)
    entries = {one.act: one.facts for one in read(town, incident)["keep"]}
    assert entries["drill.recorded"] == {"digest": (b"d" * 32).hex(), "store": "unreadable"}
    key = parse_verifier_key(town.ask_operator(wire.GetCheckpoint(), wire.Checkpoint).verifier_key)
    assert parse_drill_text(open_note(note.encode(), expected_key=key, is_good=signature_is_good)) == b"d" * 32
    assert entries["host.foreign"]["ends_at"] == "2026-01-01T23:00:00.000Z"
    backwards = wire.DeclareForeign(incident_id=incident, begins_at=times["ends_at"], ends_at=LONG_AGO)
    assert code_of(town.keeper.operate, backwards) == "invalid_request"


def test_settings_are_read_by_pseudonym_with_what_each_act_asks(town: Town) -> None:
    incident = opened(town).incident_id
    policy = wire.Policy(case_required=False)
    contract = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 128)
    message = wire.CreateCollection(session=town.admin, name="g", contract=contract, policy=policy)
    town.ask(message, wire.CollectionShown)
    found = town.ask_operator(wire.ReadSettings(incident_id=incident), wire.SettingsRead)
    (only,) = found.customers
    assert (only.collections, only.without_case, only.without_reveal) == (1, 1, 1)
    assert {one.act: one.asks_presence for one in found.acts}["key.make"] is True
    assert only.customer in read(town, incident)


def test_the_server_has_none_of_these_messages(town: Town) -> None:
    decoder = msgspec.msgpack.Decoder(wire.ServerRequest)
    for message in (wire.OpenIncident(), wire.NameCustomer(incident_id="i", customer="c"), wire.ListIncidents()):
        with pytest.raises(msgspec.ValidationError):
            decoder.decode(msgspec.msgpack.encode(message))


def test_an_altered_entry_is_left_out_and_shows_as_a_gap(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    incident, journal = opened(town).incident_id, town.vault.journal
    whole = journal.texts("", 0, journal.count(""))
    place = journal.place("", 1)
    honest = town.vault.log._piece

    def altered(start: int, end: int) -> list[bytes]:
        found = list(honest(start, end))
        if start <= place < end:
            found[place - start] = found[place - start][:-1] + bytes((found[place - start][-1] ^ 1,))
        return found

    monkeypatch.setattr(town.vault.log, "_piece", altered)
    assert journal.texts("", 0, journal.count("")) == [whole[0], *whole[2:]]
    with pytest.raises(FacekeepError):
        journal.time_of("", 1)
    page = town.ask_operator(
        wire.ReadEntries(incident_id=incident, begins_at=LONG_AGO, ends_at=clock.timestamp()), wire.EntriesPage
    )
    assert len(page.entries) == page.end - page.start - 1
