"""A drill's report as a file: what was found in each tier beside what is declared, signed by the log of a keep.

    {"report":{…},"signature":"<signed note>"}

That of the drilled keep, which is gone when the drill ends: then the signature shows that nothing was altered since. Or
that of a running keep, which has an entry of it: then it also shows whose drill it was. The key is in the report.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Literal

import msgspec

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.note import open_note, parse_verifier_key
from facekeep.ledger.statement import parse_drill_text
from facekeep.service.administration import ask
from facekeep.service.drill.declared import TIERS, Outcome
from facekeep.service.drill.measurement import Measurement
from facekeep.service.incident.operating import record_drill
from facekeep.service.witness.signing import signature_is_good
from facekeep.settings import Settings
from facekeep.vault.wire import Checkpoint, DrilledTier, DrillOutcome, GetCheckpoint

FORMAT, VERSION = "facekeep drill report", 2


class TierResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found in one tier.

    `found` counts findings by kind and encoding, never what was found. `controls` are things put among the tier's own
    bytes and found there; `attempts` and `measured` what was tried besides looking. `problem`: why it was not drilled.
    """

    tier: str
    holds: str
    expected: Outcome
    covers: tuple[DrilledTier, ...]
    outcome: Literal["unreadable", "readable", "not drilled"]
    size_bytes: int = 0
    controls: int = 0
    found: dict[str, int] = {}
    attempts: tuple[str, ...] = ()
    problem: str = ""
    is_blind: bool = False
    measured: tuple[Measurement, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether the tier is not as it is declared, or a search or try of it was shown to be blind."""
        is_blind = self.is_blind or any(one.is_blind for one in self.measured)
        return is_blind or any(one.succeeds for one in self.measured) or self.outcome not in {
            "not drilled", self.expected,
        }  # fmt: skip

    def with_measured(self, measured: Iterable[Measurement]) -> "TierResult":
        """The same after further tries: readable where one succeeds. A tier that was not drilled stays so."""
        further = tuple(measured) if self.outcome != "not drilled" else ()
        outcome = "readable" if any(one.succeeds for one in further) else self.outcome
        return msgspec.structs.replace(self, outcome=outcome, measured=(*self.measured, *further))


class DrillReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    format: str
    version: int
    program: str
    drilled_at: str
    verifier_key: str
    tiers: tuple[TierResult, ...]
    not_tried: tuple[str, ...]

    @property
    def fails(self) -> bool:
        """Whether any tier does."""
        return any(one.fails for one in self.tiers)

    def outcomes(self) -> dict[DrilledTier, DrillOutcome]:
        """For reports of incidents: unreadable where every tier that makes it up was drilled and found so."""
        told: dict[DrilledTier, DrillOutcome] = {}
        drilled = [one for one in self.tiers if one.outcome != "not drilled"]
        for name in {name for one in drilled for name in one.covers}:
            parts = [one for one in drilled if name in one.covers]
            if any(one.outcome == "readable" for one in parts):
                told[name] = "readable"
            elif len(parts) == sum(name in one.covers for one in TIERS.values()):
                told[name] = "unreadable"
        return told


class SignedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    report: msgspec.Raw
    signature: str


def signed(settings: Settings, report: DrillReport) -> tuple[bytes, int]:
    """The file of a report, signed by the log of the keep of these settings, and that keep's entry of it.

    Raises
    ------
    FacekeepError
        The vault cannot be asked, or gave its log another key at this very moment.
    """
    key = ask(settings, GetCheckpoint(), Checkpoint).verifier_key
    body = msgspec.json.encode(msgspec.structs.replace(report, verifier_key=key))
    answer = record_drill(settings, sha256(body).digest(), report.outcomes())
    file = msgspec.json.encode(SignedReport(msgspec.Raw(body), answer.note))
    verified(file)
    return file, answer.entry


def verified(untrusted: bytes, *, expected_key: str = "") -> DrillReport:
    """The report in a file that nobody altered since it was signed.

    Raises
    ------
    BadInput
        `invalid_request`: not a report of a drill of this version.
    Tampered
        `log_altered`: altered, or signed by another key than the one in it or the one expected.
    """
    try:
        file = msgspec.json.decode(untrusted, type=SignedReport)
        body = bytes(file.report)
        report = msgspec.json.decode(body, type=DrillReport)
    except msgspec.DecodeError as error:
        raise BadInput(Code.INVALID_REQUEST, "that is no report of a drill") from error
    if (report.format, report.version) != (FORMAT, VERSION):
        raise BadInput(Code.INVALID_REQUEST, "that is a report of another format or version")
    if expected_key and report.verifier_key != expected_key:
        raise Tampered(Code.LOG_ALTERED, "the report is signed by another key than the one expected")
    key = parse_verifier_key(report.verifier_key)
    text = open_note(file.signature.encode(), expected_key=key, is_good=signature_is_good)
    if parse_drill_text(text) != sha256(body).digest():
        raise Tampered(Code.LOG_ALTERED, "the report is not the one that was signed")
    return report
