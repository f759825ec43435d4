"""Freezing members of one's organization, what is frozen of it, and letting it go on. The vault decides."""

from facekeep.service.keep import Keep
from facekeep.terms import MemberId, SessionToken
from facekeep.vault.wire import Done, FreezeList, FreezeMember, LiftFreeze, LiftSaid, ListFreezes


def freeze_member(keep: Keep, session: SessionToken, member_id: MemberId) -> Done:
    """Stop every session and key of a member at once, searches under way included."""
    return keep.vault.call(FreezeMember(session=session, member_id=member_id), Done)


def list_freezes(keep: Keep, session: SessionToken) -> FreezeList:
    """What is frozen of the organization, oldest first."""
    return keep.vault.call(ListFreezes(session=session), FreezeList)


def lift_freeze(keep: Keep, session: SessionToken, *, kind: str, subject_id: str) -> LiftSaid:
    """One person's word that it may go on; two different people's are needed."""
    return keep.vault.call(LiftFreeze(session=session, kind=kind, subject_id=subject_id), LiftSaid)
