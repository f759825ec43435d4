"""What decisions make of a lead, and who may take the next one. Pure: no database, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facekeep.terms import Role
from facekeep.vault.identity import Caller

SAME_PERSON, NOT_THE_SAME, CANNOT_SAY = "same_person", "not_the_same", "cannot_say"
WAITING_FOR_FIRST, WAITING_FOR_SECOND = "waiting_for_first", "waiting_for_second"
DISPUTED, AGREED = "disputed", "agreed"
MOST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's word on a lead, by one credential in one session; `round` counts from 1."""

    round: int
    verdict: str
    reason: str
    decided_by: str
    person: str
    credential: str
    session_digest: str
    decided_at: str


def state_of(verdicts: Sequence[str]) -> tuple[str, str | None]:
    """The state that decisions leave a lead in, and the verdict once it is agreed."""
    if len(verdicts) < 2:
        return (WAITING_FOR_SECOND if verdicts else WAITING_FOR_FIRST), None
    if len(verdicts) == MOST_ROUNDS or verdicts[0] == verdicts[1]:
        return AGREED, verdicts[-1]
    return DISPUTED, None


def why_not(
    caller: Caller, session_digest: str, decisions: Sequence[Decision], finders: Iterable[str]
) -> str:
    """Why this caller may not take the next decision of an open lead; empty where they may.

    Whoever decided before may not again: not as the same person, nor by the same credential or session. Whoever was
    shown the score by a search of their own may only decide first.
    """
    before = [(one.person, one.credential, one.session_digest) for one in decisions]
    mine = (caller.person, caller.credential, session_digest)
    if any(theirs == own for one in before for theirs, own in zip(one, mine, strict=True)):
        return "another person must decide now; you decided already"
    if before and Role.REVIEWER not in caller.roles:
        return "only a reviewer decides after another person"
    if before and caller.person in finders:
        return "your own search showed you the score; somebody who has not seen it must decide now"
    return ""
