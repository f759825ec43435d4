"""/v1/me/passkeys and /v1/me/password: one's own ways to sign in."""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import own_credentials as verbs
from facekeep.web.documented import errors
from facekeep.web.native import models_sign_in as models
from facekeep.web.parsed import TheKeep, TheSession

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.get("/passkeys", responses=errors())
def list_passkeys(keep: TheKeep, session: TheSession) -> models.OwnCredentials:
    """List one's own passkeys, with the sign-in name of the password."""
    return models.OwnCredentials.model_validate(verbs.list_credentials(keep, session))


@router.post("/passkeys/begin", responses=errors(Code.PROOF_NEEDED))
def begin_passkey(keep: TheKeep, session: TheSession) -> models.PasskeyAsked:
    """Ask what a further passkey is made from."""
    return models.PasskeyAsked.model_validate(verbs.begin_passkey(keep, session))


@router.post("/passkeys/finish", status_code=201, responses=errors(Code.PROOF_NEEDED, Code.CONFLICT, Code.DISK_FULL))
def finish_passkey(keep: TheKeep, session: TheSession, body: models.PasskeyMade) -> models.OwnPasskey:
    """Add a passkey."""
    made = verbs.finish_passkey(keep, session, body.ticket_bytes(), body.name, body.credential.given())
    return models.OwnPasskey.model_validate(made)


@router.post("/passkeys/revoke", responses=errors(Code.NOT_FOUND, Code.PROOF_NEEDED, Code.CONFLICT, Code.DISK_FULL))
def revoke_passkey(keep: TheKeep, session: TheSession, body: models.PasskeyRevoked) -> models.Logged:
    """Make a passkey worthless; its sessions end at once. The last way to sign in stays."""
    return models.Logged(entry=verbs.revoke_passkey(keep, session, body.passkey_id))


@router.post("/password/begin", responses=errors(Code.PROOF_NEEDED))
def begin_password(keep: TheKeep, session: TheSession) -> models.PasswordAsked:
    """Ask for a second factor, for a first password or another authenticator app."""
    return models.PasswordAsked.model_validate(verbs.begin_password(keep, session))


@router.post("/password/finish", responses=errors(Code.PROOF_NEEDED, Code.CONFLICT, Code.DISK_FULL))
def finish_password(keep: TheKeep, session: TheSession, body: models.PasswordMade) -> models.Logged:
    """Take the offered second factor, with a password."""
    return models.Logged(entry=verbs.finish_password(keep, session, body.ticket_bytes(), body.password, body.code))


@router.put("/password", responses=errors(Code.NOT_FOUND, Code.PROOF_NEEDED, Code.DISK_FULL))
def change_password(keep: TheKeep, session: TheSession, body: models.PasswordChanged) -> models.Logged:
    """Change the password and keep the second factor; other sessions by password end."""
    return models.Logged(entry=verbs.change_password(keep, session, body.password))
