"""The shapes of requests and answers about members, invitations and API keys."""

from typing import Annotated, Literal

from pydantic import Field

from facekeep.web.native.models import Asked, Date, Id, Name, Told

RoleName = Literal["admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer"]
Roles = Annotated[list[RoleName], Field(min_length=1, max_length=6)]
Acts = Annotated[list[Annotated[str, Field(pattern=r"^[a-z_]{1,32}\.[a-z_]{1,32}$")]], Field(max_length=64)]


class NewProgram(Asked):
    """A member that is no person: it acts by API keys alone."""

    name: Name
    roles: Roles


class MemberAsked(Asked):
    """A member. Ids of members travel in bodies: addresses end up in other people's logs."""

    member_id: Id


class NewRoles(MemberAsked):
    """What a member may do from now on."""

    roles: Roles


class NewInvitation(Asked):
    """Somebody to invite; the code is good once."""

    name: Name
    roles: Roles
    hours: Annotated[int, Field(ge=1, le=336)] = 72


class InvitationAsked(Asked):
    """An invitation."""

    invitation_id: Id


class NewApiKey(MemberAsked):
    """A key of a member. None is no limit beyond the member's own roles."""

    name: Name
    roles: Roles | None = None
    acts: Acts | None = Field(None, description="Only these acts, named as in the log, such as search.ask.")
    collections: Annotated[list[Id], Field(max_length=64)] | None = None
    expires_at: Date | None = None


class ApiKeyAsked(Asked):
    """An API key, by its visible prefix."""

    key_id: Id


class Member(Told):
    """A person who signs in, or a program with API keys alone."""

    member_id: str
    name: str
    roles: list[str]
    is_person: bool
    created_at: str


class Members(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Member]
    next_cursor: str


class Myself(Told):
    """Who you are here, by which credential, and what you may do. `acts` and `collections` are a key's limits."""

    organization_id: str
    organization: str
    member: Member
    credential: str
    roles: list[str]
    acts: list[str] | None
    collections: list[str] | None


class Invitation(Told):
    """An open invitation, without its code."""

    invitation_id: str
    name: str
    roles: list[str]
    invited_by: str
    created_at: str
    expires_at: str


class Invitations(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Invitation]
    next_cursor: str


class Invited(Told):
    """The invitation's code, shown once."""

    invitation_id: str
    code: str
    entry: int


class ApiKey(Told):
    """An API key, without its secret. `used_on` is the day of its last use, empty if never."""

    key_id: str
    member_id: str
    name: str
    roles: list[str] | None
    acts: list[str] | None
    collections: list[str] | None
    created_at: str
    expires_at: str | None
    used_on: str


class ApiKeys(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[ApiKey]
    next_cursor: str


class ApiKeyMade(Told):
    """The key, shown once."""

    key_id: str
    api_key: str
    entry: int


class Written(Told):
    """Done and durable; `entry` is the log entry that says so."""

    entry: int
