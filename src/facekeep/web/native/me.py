"""/v1/me: one's own organizations, sessions, and proof of being there."""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import me as verbs
from facekeep.web.documented import errors
from facekeep.web.native import models_sign_in as models
from facekeep.web.parsed import TheKeep, TheSession

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.get("/memberships", responses=errors())
def list_memberships(keep: TheKeep, session: TheSession) -> models.Memberships:
    """List one's own memberships."""
    return models.Memberships.model_validate({"items": verbs.list_memberships(keep, session)})


@router.post("/organization", responses=errors(Code.NOT_FOUND))
def choose_organization(keep: TheKeep, session: TheSession, body: models.OrganizationChosen) -> models.SignedIn:
    """Go on in another organization of one's own: a new session begins, and this one ends."""
    return models.SignedIn.model_validate(verbs.choose_organization(keep, session, body.organization_id))


@router.post("/join", status_code=201, responses=errors(Code.PROOF_NEEDED, Code.CONFLICT, Code.DISK_FULL))
def accept_invitation(keep: TheKeep, session: TheSession, body: models.InvitationGiven) -> models.Accepted:
    """Accept an invitation as the person who is signed in."""
    return models.Accepted.model_validate(verbs.accept_invitation(keep, session, body.invitation))


@router.post("/proof/begin", responses=errors())
def begin_proof(keep: TheKeep, session: TheSession) -> models.SignatureAsked:
    """Ask for a challenge to prove that one is there, before a sensitive act."""
    return models.SignatureAsked.model_validate(verbs.begin_proof(keep, session))


@router.post("/proof/finish", responses=errors(Code.PROOF_NEEDED, Code.DISK_FULL))
def finish_proof(keep: TheKeep, session: TheSession, body: models.ProofSigned) -> models.Logged:
    """Prove that one is there with a passkey; sensitive acts are open for five minutes."""
    entry = verbs.finish_proof(keep, session, body.ticket_bytes(), body.credential.given())
    return models.Logged(entry=entry)


@router.post("/proof/password", responses=errors(Code.PROOF_NEEDED, Code.TOO_MANY_TRIES, Code.DISK_FULL))
def prove_password(keep: TheKeep, session: TheSession, body: models.PasswordProof) -> models.Logged:
    """The same with a password and a code, for a session that began that way."""
    return models.Logged(entry=verbs.prove_password(keep, session, body.password, body.code))


@router.get("/sessions", responses=errors())
def list_sessions(keep: TheKeep, session: TheSession) -> models.LiveSessions:
    """List one's own live sessions, in every organization."""
    return models.LiveSessions.model_validate({"items": verbs.list_sessions(keep, session)})


@router.delete("/sessions", responses=errors())
def end_other_sessions(keep: TheKeep, session: TheSession) -> models.Logged:
    """End every session of one's own but this one."""
    return models.Logged(entry=verbs.end_other_sessions(keep, session))


@router.delete("/session", status_code=204, responses=errors())
def sign_out(keep: TheKeep, session: TheSession) -> None:
    """End this session."""
    verbs.sign_out(keep, session)
