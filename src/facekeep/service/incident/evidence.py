"""What a report rests on besides entries: two co-signed checkpoints, drills, and when the vault was in foreign hands.

Everything is carried in the report, so that who has it can look for themselves. Nothing here is believed because it
was stored: signatures, times and proofs are checked, when a report is made and whenever it is verified.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from facekeep.errors import BadInput, Code, FacekeepError, Tampered
from facekeep.ledger.cosignature import COSIGNATURE, cosigned_at
from facekeep.ledger.note import Checkpoint, VerifierKey, parse_checkpoint, parse_note, parse_verifier_key
from facekeep.ledger.tree import verify_consistency
from facekeep.service.incident.entries import Entry
from facekeep.service.witness.signing import signature_is_good

_LONGEST_AGO_DAYS = 90  # a drill older than that says nothing of the keep as it was

Prove = Callable[[int, int], Sequence[bytes]]


class Drill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the newest drill of a tier found, by the keep's own entry."""

    tier: str
    outcome: str
    at: str
    entry: int
    digest: str


class Foreign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time in which the vault's host was declared to be in foreign hands."""

    begins_at: str
    ends_at: str
    entry: int


class LogEvidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The log's key, the witnesses' keys, a co-signed checkpoint before and one after, and the proof between them.

    `proof` are hashes in base64; `problem` says what is missing, empty where nothing is.
    """

    verifier_key: str
    witness_keys: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    proof: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_one_history(self) -> bool:
        """Whether the log was shown to be one history around the time."""
        return not self.problem


def collected(
    verifier_key: str, witness_keys: Sequence[str], notes: Iterable[str], window: tuple[str, str], prove: Prove
) -> LogEvidence:
    """The evidence among these notes for the log's one history from before `window` to after it."""
    evidence = LogEvidence(verifier_key, tuple(witness_keys))
    found = sorted(_timed(evidence, notes))
    begins, ends = (_seconds(at) for at in window)
    before = [(size, note) for at, size, note in found if at <= begins]
    after = [(size, note) for at, size, note in found if at >= ends]
    if not before or not after:
        missing = " and ".join(["before it"] * (not before) + ["after it"] * (not after))
        return msgspec.structs.replace(evidence, problem=f"no checkpoint that a known witness signed {missing}")
    (old_size, old), (new_size, new) = before[-1], after[0]
    try:
        hashes = prove(old_size, new_size) if 0 < old_size < new_size else ()
    except (Tampered, BadInput) as error:
        return msgspec.structs.replace(evidence, before=old, after=new, problem=error.message)
    proof = tuple(b64encode(one).decode() for one in hashes)
    whole = msgspec.structs.replace(evidence, before=old, after=new, proof=proof)
    return msgspec.structs.replace(whole, problem=problem_of(whole, window))


def problem_of(evidence: LogEvidence, window: tuple[str, str]) -> str:
    """Why the evidence does not show one history of the log around `window`; empty where it does."""
    begins, ends = (_seconds(at) for at in window)
    try:
        (old_at, old), (new_at, new) = (_opened(evidence, note) for note in (evidence.before, evidence.after))
        if old_at > begins or new_at < ends:
            return "the co-signed checkpoints are not before and after the time"
        hashes = [b64decode(one, validate=True) for one in evidence.proof]
        verify_consistency(
            old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, untrusted_proof=hashes
        )
    except (FacekeepError, ValueError) as error:
        return error.message if isinstance(error, FacekeepError) else "a proof is malformed"
    return ""


def drills(own_entries: Iterable[Entry]) -> dict[str, Drill]:
    """The newest drill of each tier."""
    found: dict[str, Drill] = {}
    for one in own_entries:
        if one.act == "drill.recorded":
            digest = str(one.facts.get("digest", ""))
            tiers = {tier: str(outcome) for tier, outcome in one.facts.items() if tier != "digest"}
            found |= {tier: Drill(tier, outcome, one.at, one.number, digest) for tier, outcome in tiers.items()}
    return found


def unreadable(found: Iterable[Drill], begins_at: str) -> frozenset[str]:
    """The tiers that their newest drill, not long before the time or after it, found unreadable."""
    earliest = datetime.fromisoformat(begins_at).timestamp() - _LONGEST_AGO_DAYS * 86_400
    return frozenset(one.tier for one in found if one.outcome == "unreadable" and _seconds(one.at) >= earliest)


def foreign(own_entries: Iterable[Entry], begins_at: str, ends_at: str) -> tuple[Foreign, ...]:
    """The declared foreign times that overlap the window."""
    said = (
        Foreign(str(one.facts["begins_at"]), str(one.facts["ends_at"]), one.number)
        for one in own_entries
        if one.act == "host.foreign" and one.outcome == "done"
    )
    return tuple(one for one in said if one.begins_at <= ends_at and one.ends_at >= begins_at)


def _timed(evidence: LogEvidence, notes: Iterable[str]) -> Iterable[tuple[int, int, str]]:
    """When a witness signed each of the notes that hold, with its size."""
    for note in dict.fromkeys(notes):
        try:
            at, checkpoint = _opened(evidence, note)
        except FacekeepError:
            continue
        yield at, checkpoint.size, note


def _opened(evidence: LogEvidence, note: str) -> tuple[int, Checkpoint]:
    """A checkpoint of the log with the earliest time at which a known witness signed it. Raises Tampered.

    The witness has checked the log's own signature, by the key that the log had then; it may have another one now.
    """
    checkpoint = parse_checkpoint(parse_note(note.encode()).untrusted_text)
    if checkpoint.origin != parse_verifier_key(evidence.verifier_key).name:
        raise Tampered(Code.LOG_ALTERED, "the checkpoint belongs to another log")
    times = [at for one in evidence.witness_keys if (at := _cosigned(note, _witness(one))) is not None]
    if not times:
        raise Tampered(Code.LOG_ALTERED, "no known witness signed it")
    return min(times), checkpoint


def _cosigned(note: str, key: VerifierKey) -> int | None:
    try:
        return cosigned_at(note.encode(), expected_key=key, is_good=signature_is_good)
    except Tampered:
        return None


def _witness(text: str) -> VerifierKey:
    return parse_verifier_key(text, expected_kind=COSIGNATURE)


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
