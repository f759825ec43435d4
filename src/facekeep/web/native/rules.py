"""/v1/rules"""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import rules as verbs
from facekeep.web.documented import errors
from facekeep.web.native import case_models as models
from facekeep.web.parsed import TheKeep, TheSession

router = APIRouter(prefix="/v1/rules", tags=["organization"])


@router.get("", responses=errors())
def show_rules(keep: TheKeep, session: TheSession) -> models.Rules:
    """Your organization's rules."""
    return models.Rules.model_validate(verbs.show_rules(keep, session))


@router.put("", responses=errors(Code.NOT_FOUND, Code.FORBIDDEN, Code.PROOF_NEEDED, Code.DISK_FULL))
def set_rules(keep: TheKeep, session: TheSession, body: models.RulesAsked) -> models.Rules:
    """Replace the rules, all of them; what is left out gets its default. For admins."""
    return models.Rules.model_validate(verbs.set_rules(keep, session, body.model_dump(exclude_none=True)))
