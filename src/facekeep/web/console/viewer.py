"""Who reads a page: their organization, their roles there, and the places they may go."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from facekeep.errors import Code, Refused
from facekeep.service import me
from facekeep.service.sign_in import Membership
from facekeep.web.parsed import TheKeep, TheSession

_EVERYBODY = frozenset({"admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer"})


@dataclass(frozen=True, slots=True)
class Place:
    """One way in: its key in the templates, its address, and the roles that have any business there."""

    key: str
    address: str
    roles: frozenset[str] = _EVERYBODY


PLACES: tuple[Place, ...] = (
    Place("cases", "/console/cases"),
    Place("gallery", "/console/gallery"),
    Place("organization", "/console/organization"),
    Place("log", "/console/log", frozenset({"auditor", "privacy_officer"})),
    Place("status", "/console/status"),
    Place("help", "/console/help"),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who is signed in."""

    here: Membership
    others: tuple[Membership, ...]

    def is_any(self, *roles: str) -> bool:
        """Whether they have one of these roles here."""
        return not set(roles).isdisjoint(self.here.roles)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where they may go."""
        return tuple(one for one in PLACES if one.roles.intersection(self.here.roles))


def viewer_of(keep: TheKeep, session: TheSession) -> Viewer:
    """Whoever's session it is. Raises Refused `unauthenticated`: a program's, or one that just ended."""
    organization = next((one.organization_id for one in me.list_sessions(keep, session) if one.is_this), None)
    memberships = me.list_memberships(keep, session)
    here = next((one for one in memberships if one.organization_id == organization), None)
    if here is None:
        raise Refused(Code.UNAUTHENTICATED, "nobody is signed in here")
    return Viewer(here, tuple(one for one in memberships if one is not here))


TheViewer = Annotated[Viewer, Depends(viewer_of)]
