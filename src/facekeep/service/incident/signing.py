"""A signed report as a file: the document and the log's signature over its SHA-256, checked without the keep.

    {"report":{…},"signature":"<signed note>"}

The signature is over exactly the bytes of `report` in the file. Whoever checks it gives the log's key; witnesses' keys
that are given must be those that the report rests on.
"""

from collections.abc import Collection
from hashlib import sha256

import msgspec

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.note import open_note, parse_verifier_key
from facekeep.ledger.statement import parse_report_text
from facekeep.service.administration import ask
from facekeep.service.incident import judging
from facekeep.service.incident.report import FORMAT, VERSION, Report
from facekeep.service.witness.signing import signature_is_good
from facekeep.settings import Settings
from facekeep.vault.wire import ReportSigned, SignReport

LARGEST_BYTES = 2_000_000_000


class SignedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    report: msgspec.Raw
    signature: str


def signed(settings: Settings, report: Report) -> bytes:
    """The file of a report, signed at the vault."""
    body = msgspec.json.encode(report)
    message = SignReport(incident_id=report.incident.incident_id, digest=sha256(body).digest())
    note = ask(settings, message, ReportSigned).note
    return msgspec.json.encode(SignedReport(msgspec.Raw(body), note))


def verified(untrusted: bytes, *, expected_key: str, witness_keys: Collection[str] = ()) -> Report:
    """The report in a file that the log of `expected_key` signed, with every verdict looked at again.

    Raises
    ------
    BadInput
        `invalid_request`: not a report of this format.
    Tampered
        `log_altered`: altered, signed by another key, resting on other witnesses, or with a verdict that does not
        follow from its own evidence.
    """
    try:
        file = msgspec.json.decode(untrusted, type=SignedReport)
        body = bytes(file.report)
        report = msgspec.json.decode(body, type=Report)
    except msgspec.DecodeError as error:
        raise BadInput(Code.INVALID_REQUEST, "that is no report of an incident") from error
    if (report.format, report.version) != (FORMAT, VERSION):
        raise BadInput(Code.INVALID_REQUEST, "that is a report of another format or version")
    _check_signature(file.signature, body, report, expected_key)
    _check_witnesses(report, witness_keys)
    judging.check(report)
    return report


def _check_signature(note: str, body: bytes, report: Report, expected_key: str) -> None:
    key = parse_verifier_key(expected_key)
    text = open_note(note.encode(), expected_key=key, is_good=signature_is_good)
    if parse_report_text(text) != (report.incident.incident_id, sha256(body).digest()):
        raise Tampered(Code.LOG_ALTERED, "the report is not the one that was signed")
    if report.log.verifier_key != expected_key:
        raise Tampered(Code.LOG_ALTERED, "the report speaks of another log than the one that signed it")


def _check_witnesses(report: Report, witness_keys: Collection[str]) -> None:
    if witness_keys and not set(report.log.witness_keys) <= set(witness_keys):
        raise Tampered(Code.LOG_ALTERED, "the report rests on a witness that was not expected")
