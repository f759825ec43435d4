"""The rule: what a report may say of one field of one customer. Pure, total, and tried over every combination.

Having found nothing is not the same as there having been nothing: only where everything that could have hidden an
access is excluded does a report say so.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What is known."""

    ACCESSED = "ACCESSED"
    PROVEN_NOT_ACCESSED = "PROVEN NOT ACCESSED"
    NO_EVIDENCE = "NO EVIDENCE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verdict rests on.

    Attributes
    ----------
    has_entry : an entry proves the access
    was_excluded : entries that the report was asked to leave out touch it, and nothing confines the thief to the others
    is_foreign : the vault's host was in foreign hands at the time
    is_gap_free : the customer's entries have no gap and their times do not run backwards
    is_one_history : the log is one history between two co-signed checkpoints around the time
    is_declared : what the thief held was declared
    is_unlogged : what was declared could read it without an entry
    is_drilled : what was declared was drilled unreadable, where it is bytes
    """

    has_entry: bool
    was_excluded: bool
    is_foreign: bool
    is_gap_free: bool
    is_one_history: bool
    is_declared: bool
    is_unlogged: bool
    is_drilled: bool


def verdict_of(basis: Basis) -> Verdict:
    """The one verdict that the basis carries."""
    if basis.has_entry:
        return Verdict.ACCESSED
    if basis.is_foreign:
        return Verdict.UNKNOWN
    return Verdict.NO_EVIDENCE if missing_for_proof(basis) else Verdict.PROVEN_NOT_ACCESSED


def missing_for_proof(basis: Basis) -> tuple[str, ...]:
    """Why having found no entry proves nothing, in words; empty where it does."""
    missing = (
        (basis.was_excluded, "entries of others touch it, and this report leaves those out"),
        (not basis.is_gap_free, "the customer's entries have a gap, run backwards, or can no longer be read"),
        (not basis.is_one_history, "the log is not shown to be one history between two co-signed checkpoints"),
        (not basis.is_declared, "what the thief held was not declared"),
        (basis.is_unlogged, "what was declared could read it without an entry"),
        (not basis.is_drilled, "what was declared has no drill that found it unreadable"),
    )
    return tuple(text for applies, text in missing if applies)


STATEMENTS: dict[Verdict, str] = {
    Verdict.ACCESSED: "Accessed: the entries named here prove it.",
    Verdict.PROVEN_NOT_ACCESSED: (
        "Proven not accessed by what is declared in this report: no entry of a use of its keys, no gap in the entries,"
        " one history of the log between two co-signed checkpoints, and the declared bytes drilled unreadable."
    ),
    Verdict.NO_EVIDENCE: "No evidence: no entry shows an access, and this proves nothing either way.",
    Verdict.UNKNOWN: "Unknown: the vault's host was in foreign hands, and what the log says of then proves nothing.",
}
"""The words of each verdict; a report has no others."""
