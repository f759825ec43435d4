"""What follows on a touch, by the operator's setting: nothing, a freeze of what touched, or a sealed vault."""

from facekeep.vault.acts.freezing import freeze
from facekeep.vault.freezes import Kind
from facekeep.vault.identity.sessions import Session
from facekeep.vault.open_vault import OpenVault

NONE, SEAL = "none", "seal"
_BY = "keep"


def respond(vault: OpenVault, response: str, session: Session | None, why: str) -> None:
    """Do what the policy says, for the alarm `why`; a touch without a session has nobody to freeze."""
    if response == SEAL:
        vault.seal_because = why
    if session is None or response in (NONE, SEAL):
        return
    caller = session.caller
    kind, subject = {
        "freeze-session": (Kind.SESSION, session.session_id),
        "freeze-member": (Kind.MEMBER, caller.member_id),
        "freeze-organization": (Kind.ORGANIZATION, caller.org_id),
    }[response]
    freeze(vault, kind, subject, by=_BY, why=why)
