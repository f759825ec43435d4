"""The rule, over every combination of what it rests on."""

from dataclasses import fields
from itertools import product

import pytest

from facekeep.service.incident.verdicts import STATEMENTS, Basis, Verdict, missing_for_proof, verdict_of

EVERY = [Basis(*values) for values in product((False, True), repeat=len(fields(Basis)))]


def table(basis: Basis) -> Verdict:
    """The truth table as docs/incidents.md writes it, said in another way than the rule."""
    match (basis.has_entry, basis.is_foreign):
        case (True, _):
            return Verdict.ACCESSED
        case (False, True):
            return Verdict.UNKNOWN
    sound = [basis.is_gap_free, basis.is_one_history, basis.is_declared, basis.is_drilled]
    unsound = [basis.was_excluded, basis.is_unlogged]
    return Verdict.PROVEN_NOT_ACCESSED if sound == [True] * 4 and unsound == [False] * 2 else Verdict.NO_EVIDENCE


def test_every_combination_has_the_verdict_of_the_table() -> None:
    assert len(EVERY) == 256
    assert [verdict_of(one) for one in EVERY] == [table(one) for one in EVERY]


def test_exactly_one_combination_proves_that_nothing_was_accessed() -> None:
    (only,) = [one for one in EVERY if verdict_of(one) is Verdict.PROVEN_NOT_ACCESSED]
    assert only == Basis(False, False, False, True, True, True, False, True)


@pytest.mark.parametrize("basis", EVERY)
def test_no_evidence_says_what_is_missing_and_proof_misses_nothing(basis: Basis) -> None:
    if verdict_of(basis) is Verdict.NO_EVIDENCE:
        assert missing_for_proof(basis)
    if verdict_of(basis) is Verdict.PROVEN_NOT_ACCESSED:
        assert not missing_for_proof(basis)


def test_only_the_proven_verdict_says_that_something_was_not_accessed() -> None:
    for verdict, words in STATEMENTS.items():
        says_not = "not accessed" in words.lower() or "not " in words.lower()
        assert says_not == (verdict is Verdict.PROVEN_NOT_ACCESSED), verdict
        assert "no access" not in words.lower()
    assert set(STATEMENTS) == set(Verdict)
