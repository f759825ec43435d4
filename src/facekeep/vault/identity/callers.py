"""The principal behind a session: one member of one organization, with roles and perhaps narrower limits."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from facekeep.errors import BadInput, Code
from facekeep.terms import Role

EVERY_ROLE = frozenset(Role)


class Way(StrEnum):
    """How a caller signed in. What only a person may do is not done with a key."""

    KEY = "key"
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105  a way, not a secret


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for which organization, by which credential.

    Attributes
    ----------
    member_id : the person or program in the organization; what budgets and exposures count by
    account_id : the person who signed in, the same in every organization; empty for programs with a key alone
    credential : what signed in: the id of an API key, a passkey or a password
    roles : what the member, and the key, may do
    acts : the only acts that the key is for; None for all that the roles allow
    collections : the only collections that the key is for; None for all of the organization
    way : how the caller signed in
    session : which session of theirs this is, an id that opens nothing
    expires_at : when the key that was shown ends, and every session that it opened with it; None for never
    """

    org_id: str
    member_id: str
    account_id: str
    credential: str
    roles: frozenset[Role]
    acts: frozenset[str] | None = None
    collections: frozenset[str] | None = None
    way: Way = Way.KEY
    session: str = ""
    expires_at: str | None = None

    @property
    def person(self) -> str:
        """What tells people apart: the same one is never both reviewers."""
        return self.account_id or self.member_id

    def may(self, act: str, roles: frozenset[Role]) -> bool:
        """Whether this caller may do an act that `roles` may."""
        return bool(self.roles & roles) and (self.acts is None or act in self.acts)

    def sees(self, collection_id: str) -> bool:
        """Whether a collection of the organization is there for this caller."""
        return self.collections is None or collection_id in self.collections


def parse_roles(untrusted_roles: Iterable[str]) -> frozenset[Role]:
    """Roles by name. Raises BadInput `invalid_request` for an unknown one, and for none at all."""
    wanted = set(untrusted_roles)
    if not wanted or not wanted <= set(Role):
        raise BadInput(Code.INVALID_REQUEST, f"expected roles among {', '.join(Role)}")
    return frozenset(Role(one) for one in wanted)


def written(roles: Iterable[Role]) -> str:
    """Roles as the database keeps them: names in the order of `Role`."""
    wanted = set(roles)
    return " ".join(one for one in Role if one in wanted)


def read(text: str) -> frozenset[Role]:
    """Roles as the database keeps them."""
    return frozenset(Role(one) for one in text.split())


def names(roles: Iterable[Role]) -> tuple[str, ...]:
    """Roles on the wire, in their order."""
    return tuple(written(roles).split())
