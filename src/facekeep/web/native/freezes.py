"""/v1/members/freeze, /v1/freezes

Ids of people, keys and sessions travel in bodies, never in addresses.
"""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import freezes as verbs
from facekeep.terms import MemberId
from facekeep.web.documented import errors
from facekeep.web.native import freeze_models as models
from facekeep.web.native.member_models import MemberAsked, Written
from facekeep.web.parsed import TheKeep, TheSession

router = APIRouter(prefix="/v1", tags=["members"])


@router.post("/members/freeze", responses=errors(Code.NOT_FOUND, Code.DISK_FULL))
def freeze_member(keep: TheKeep, session: TheSession, body: MemberAsked) -> Written:
    """Stop a member at once: every session and key of theirs, searches under way included."""
    return Written.model_validate(verbs.freeze_member(keep, session, MemberId(body.member_id)))


@router.get("/freezes", responses=errors())
def list_freezes(keep: TheKeep, session: TheSession) -> models.Freezes:
    """List what is frozen of your organization, oldest first."""
    return models.Freezes.model_validate(verbs.list_freezes(keep, session))


@router.post("/freezes/lift", responses=errors(Code.NOT_FOUND, Code.PROOF_NEEDED, Code.DISK_FULL))
def lift_freeze(keep: TheKeep, session: TheSession, body: models.FreezeAsked) -> models.LiftSaid:
    """Say that something frozen may go on; it does once two different people have said so."""
    return models.LiftSaid.model_validate(
        verbs.lift_freeze(keep, session, kind=body.kind, subject_id=body.subject_id)
    )
