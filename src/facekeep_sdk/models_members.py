"""Members, invitations and API keys, as frozen dataclasses; see `models.py`."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Member:
    """A person who signs in, or a program with API keys alone."""

    member_id: str
    name: str
    roles: tuple[str, ...]
    is_person: bool
    created_at: str


@dataclass(frozen=True, slots=True)
class Myself:
    """Who you are, by which credential, and what you may do. `acts` and `collections` are a key's limits, if any."""

    organization_id: str
    organization: str
    member: Member
    credential: str
    roles: tuple[str, ...]
    acts: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation, without its code."""

    invitation_id: str
    name: str
    roles: tuple[str, ...]
    invited_by: str
    created_at: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """The code of an invitation, shown once and left out of `repr`."""

    invitation_id: str
    entry: int
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, without its secret. None is no limit; `used_on` is the day of its last use, empty if never."""

    key_id: str
    member_id: str
    name: str
    created_at: str
    used_on: str
    roles: tuple[str, ...] | None = None
    acts: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key, shown once and left out of `repr`."""

    key_id: str
    entry: int
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Written:
    """Done and durable; `entry` is the log entry that says so."""

    entry: int
