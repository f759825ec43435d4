"""/v1/join: invitations into memberships. These routes pass the door without a key (`door.SIGN_IN_PATHS`)."""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import sign_in as verbs
from facekeep.web.documented import errors
from facekeep.web.native import models_sign_in as models
from facekeep.web.parsed import TheKeep

router = APIRouter(prefix="/v1/join", tags=["sign-in"])
_OPEN = {"security": []}  # type: dict[str, list[str]]


@router.post("/begin", openapi_extra=_OPEN, responses=errors())
def begin_join(keep: TheKeep, body: models.InvitationGiven) -> models.JoinOffered:
    """Ask what an invitation is for, and how to accept it."""
    return models.JoinOffered.model_validate(verbs.begin_join(keep, body.invitation))


@router.post("/finish", status_code=201, openapi_extra=_OPEN, responses=errors(Code.CONFLICT, Code.DISK_FULL))
def finish_join(keep: TheKeep, body: models.JoinWithPasskey) -> models.SignedIn:
    """Accept an invitation with a new account and a passkey, and be signed in."""
    made = body.credential.given()
    answer = verbs.finish_join(keep, body.invitation, body.ticket_bytes(), body.passkey_name, made)
    return models.SignedIn.model_validate(answer)


@router.post("/password", status_code=201, openapi_extra=_OPEN, responses=errors(Code.CONFLICT, Code.DISK_FULL))
def join_by_password(keep: TheKeep, body: models.JoinWithPassword) -> models.SignedIn:
    """Accept an invitation with a new account and a password, where the organization allows it, and be signed in."""
    answer = verbs.finish_join_by_password(keep, body.invitation, body.ticket_bytes(), body.password, body.code)
    return models.SignedIn.model_validate(answer)
