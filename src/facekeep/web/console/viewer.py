"""Who reads a page: their organization, their roles there, and the places they may go."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from facekeep.errors import Code, Refused
from facekeep.service.members import who_am_i
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
    Place("search", "/console/search", frozenset({"investigator"})),
    Place("review", "/console/review", frozenset({"investigator", "reviewer"})),
    Place("gallery", "/console/gallery"),
    Place("organization", "/console/organization"),
    Place("log", "/console/log", frozenset({"auditor", "privacy_officer"})),
    Place("status", "/console/status"),
    Place("help", "/console/help"),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who is signed in, as a member of the organization that their session is in."""

    here: Membership
    name: str

    def is_any(self, *roles: str) -> bool:
        """Whether they have one of these roles here."""
        return not set(roles).isdisjoint(self.here.roles)

    def require(self, *roles: str) -> None:
        """Nothing, if they have one of these roles here. Raises Refused `forbidden`."""
        if not self.is_any(*roles):
            raise Refused(Code.FORBIDDEN, "your roles do not include this")

    @property
    def places(self) -> tuple[Place, ...]:
        """Where they may go."""
        return tuple(one for one in PLACES if one.roles.intersection(self.here.roles))


def viewer_of(keep: TheKeep, session: TheSession) -> Viewer:
    """Whoever's session it is; one question, and one entry, a page."""
    me = who_am_i(keep, session)
    here = Membership(me.organization_id, me.organization, me.member.member_id, me.roles)
    return Viewer(here, me.member.name)


TheViewer = Annotated[Viewer, Depends(viewer_of)]
