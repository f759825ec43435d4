"""/v1/sign-in: who is not known yet. These routes pass the door without a key (`door.SIGN_IN_PATHS`)."""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import sign_in as verbs
from facekeep.web.documented import errors
from facekeep.web.native import models_sign_in as models
from facekeep.web.parsed import TheKeep

router = APIRouter(prefix="/v1/sign-in", tags=["sign-in"])
_OPEN = {"security": []}  # type: dict[str, list[str]]


@router.post("/begin", openapi_extra=_OPEN, responses=errors())
def begin_sign_in(keep: TheKeep) -> models.SignatureAsked:
    """Ask for a challenge to sign in with a passkey."""
    return models.SignatureAsked.model_validate(verbs.begin_sign_in(keep))


@router.post("/finish", openapi_extra=_OPEN, responses=errors(Code.DISK_FULL))
def finish_sign_in(keep: TheKeep, body: models.PasskeySignIn) -> models.SignedIn:
    """Sign in with a passkey."""
    answer = verbs.finish_sign_in(keep, body.ticket_bytes(), body.credential.given(), body.organization_id or "")
    return models.SignedIn.model_validate(answer)


@router.post("/password", openapi_extra=_OPEN, responses=errors(Code.TOO_MANY_TRIES, Code.DISK_FULL))
def sign_in_by_password(keep: TheKeep, body: models.PasswordSignIn) -> models.SignedIn:
    """Sign in with a password and a code, where the organization allows it."""
    answer = verbs.sign_in_by_password(keep, body.handle, body.password, body.code, body.organization_id or "")
    return models.SignedIn.model_validate(answer)
