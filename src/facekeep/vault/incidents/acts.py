"""What an operator does about an incident, at the vault's own door. Every act is first an entry of the keep's own."""

from collections.abc import Callable
from typing import Any

from facekeep.errors import BadInput, Code
from facekeep.ledger.statement import drill_text, report_text
from facekeep.vault import clock, wire
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.dispatch import TABLE
from facekeep.vault.identity import rules
from facekeep.vault.identity.callers import names
from facekeep.vault.identity.organizations import CUSTOMERS
from facekeep.vault.incidents import reading, register
from facekeep.vault.incidents.reading import Position, Span
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire import Message

_EVERY = -1


def open_incident(vault: OpenVault, message: wire.OpenIncident) -> wire.IncidentOpened:
    """An open incident: from now on nothing is forgotten by time, and what is written so far is under a checkpoint."""
    aware_at = _past(message.aware_at) if message.aware_at else clock.timestamp()
    with vault.database.transaction():
        made = register.add(vault.database, aware_at)
        entry = _note(vault, "incident.opened", {"incident": made.incident_id, "aware_at": aware_at})
        vault.journal.save_anchor()
    vault.settle()
    return wire.IncidentOpened(
        incident_id=made.incident_id,
        aware_at=aware_at,
        note=vault.log.checkpoint(),
        verifier_key=vault.log.verifier_key,
        entry=entry,
    )


def close_incident(vault: OpenVault, message: wire.CloseIncident) -> wire.Done:
    """A closed incident; its reports can still be made."""
    incident = register.by_id(vault.database, message.incident_id)
    with vault.database.transaction():
        register.close(vault.database, incident, message.reason)
        entry = _note(vault, "incident.closed", {"incident": incident.incident_id})
        vault.journal.save_anchor()
    return wire.Done(entry=entry)


def list_incidents(vault: OpenVault, _message: wire.ListIncidents) -> wire.IncidentList:
    """Every incident."""
    _note(vault, "incident.list", {})
    return wire.IncidentList(items=register.views(vault.database))


def keep_note(vault: OpenVault, message: wire.KeepNote) -> wire.Done:
    """A checkpoint of this log, with its cosignatures, beside an incident. Raises Tampered for another log's."""
    incident = register.by_id(vault.database, message.incident_id)
    size = vault.log.size_signed_in(message.note.encode())
    entry = _note(vault, "incident.note", {"incident": incident.incident_id, "size": size})
    with vault.database.transaction():
        register.keep_note(vault.database, incident, message.note)
        vault.journal.save_anchor()
    return wire.Done(entry=entry)


def read_entries(vault: OpenVault, message: wire.ReadEntries) -> wire.EntriesPage:
    """A page of every customer's entries. The first is an entry, and publishes a checkpoint over what is read."""
    incident = register.by_id(vault.database, message.incident_id)
    span = Span(clock.parsed(message.begins_at), _past(message.ends_at))
    listing = f"incident/{incident.incident_id}/{span.begins_at}/{span.ends_at}"
    at = Position.read(start_of(incident.secret, listing, message.cursor))
    if not message.cursor:
        facts: Facts = {"incident": incident.incident_id, "begins_at": span.begins_at, "ends_at": span.ends_at}
        _note(vault, "incident.read", facts)
        vault.settle()
    reader = reading.Reader(vault.database, vault.journal, incident, span)
    found, following = reader.page(at, message.limit)
    more = "" if following is None else cursor_after(incident.secret, listing, following.packed)
    return wire.EntriesPage(
        customer=found.customer,
        start=found.start,
        end=found.end,
        total=found.total,
        entries=found.entries,
        next_cursor=more,
    )


def read_settings(vault: OpenVault, message: wire.ReadSettings) -> wire.SettingsRead:
    """Every customer's rules by pseudonym, and every act's checks."""
    incident = register.by_id(vault.database, message.incident_id)
    _note(vault, "incident.settings", {"incident": incident.incident_id})
    rows = [rule for rule in TABLE.values() if rule.act]
    checks = {str(rule.act): wire.ActChecks(str(rule.act), names(rule.roles), rule.sensitive) for rule in rows}
    every = vault.database.rows(f"SELECT org_id FROM {CUSTOMERS} ORDER BY rowid")  # noqa: S608  a constant
    return wire.SettingsRead(
        customers=tuple(_settings(vault, incident, org_id) for (org_id,) in every),
        acts=tuple(checks[act] for act in sorted(checks)),
    )


def name_customer(vault: OpenVault, message: wire.NameCustomer) -> wire.CustomerNamed:
    """The organization behind a pseudonym. Raises BadInput `not_found`, for one that was shredded too."""
    incident = register.by_id(vault.database, message.incident_id)
    every = vault.database.rows(f"SELECT org_id, name FROM {CUSTOMERS}")  # noqa: S608  a constant
    found = next((row for row in every if incident.pseudonym(row[0]) == message.customer), None)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such customer in this incident")
    entry = _note(vault, "customer.named", {"incident": incident.incident_id, "customer": message.customer})
    return wire.CustomerNamed(organization_id=found[0], name=found[1], entry=entry)


def record_drill(vault: OpenVault, message: wire.RecordDrill) -> wire.ReportSigned:
    """A drill's outcome, kept as an entry: what a report may rest on; and the log's signature over its digest."""
    text = drill_text(message.digest)
    outcomes: Facts = {str(tier): str(outcome) for tier, outcome in message.outcomes.items()}
    entry = _note(vault, "drill.recorded", {"digest": message.digest.hex(), **outcomes})
    return wire.ReportSigned(note=vault.log.signed(text), entry=entry)


def declare_foreign(vault: OpenVault, message: wire.DeclareForeign) -> wire.Done:
    """The vault's host was in foreign hands, kept as an entry."""
    incident = register.by_id(vault.database, message.incident_id)
    begins_at, ends_at = clock.parsed(message.begins_at), clock.parsed(message.ends_at)
    if begins_at > ends_at:
        raise BadInput(Code.INVALID_REQUEST, "expected a time that begins before it ends")
    facts: Facts = {"incident": incident.incident_id, "begins_at": begins_at, "ends_at": ends_at}
    return wire.Done(entry=_note(vault, "host.foreign", facts))


def sign_report(vault: OpenVault, message: wire.SignReport) -> wire.ReportSigned:
    """The log's signature over the digest of a report."""
    incident = register.by_id(vault.database, message.incident_id)
    text = report_text(incident.incident_id, message.digest)
    facts: Facts = {"incident": incident.incident_id, "digest": message.digest.hex()}
    entry = _note(vault, "incident.report_signed", facts)
    return wire.ReportSigned(note=vault.log.signed(text), entry=entry)


def _settings(vault: OpenVault, incident: register.Incident, org_id: str) -> wire.CustomerSettings:
    policies = [one.policy for one in vault.shelf.page(org_id, 0, _EVERY)]
    return wire.CustomerSettings(
        customer=incident.pseudonym(org_id),
        rules=rules.load(vault.database, org_id),
        collections=len(policies),
        without_case=sum(not one.needs_case for one in policies),
        without_reveal=sum(not one.reveal_required for one in policies),
    )


def _past(untrusted_time: str) -> str:
    """A time that has come. Raises BadInput `invalid_request`: what is still to be written cannot be read now."""
    when = clock.parsed(untrusted_time)
    if when > clock.timestamp():
        raise BadInput(Code.INVALID_REQUEST, "expected a time that is not in the future")
    return when


def _note(vault: OpenVault, act: str, facts: Facts) -> int:
    return vault.journal.write(KEEP, "operator", act, "done", facts)


HANDLERS: dict[type[Message], Callable[[OpenVault, Any], Message]] = {
    wire.OpenIncident: open_incident,
    wire.CloseIncident: close_incident,
    wire.ListIncidents: list_incidents,
    wire.KeepNote: keep_note,
    wire.ReadEntries: read_entries,
    wire.ReadSettings: read_settings,
    wire.NameCustomer: name_customer,
    wire.RecordDrill: record_drill,
    wire.DeclareForeign: declare_foreign,
    wire.SignReport: sign_report,
}
