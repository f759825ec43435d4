"""A one-time link for the first person of a keep on this machine, asked of its server with the key that is saved here.

Spoken with the standard library alone: whoever runs a keep holds this module for as long as it runs.
"""

from http.client import HTTPConnection, HTTPException
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from facekeep.errors import BadInput
from facekeep.service import credentials
from facekeep.settings import Settings
from facekeep.terms import Role

NAME = "First person"
_TIMEOUT_S = 20.0
_MOST_BYTES = 4_000_000
_LISTED = 1000
T = TypeVar("T")


class _Member(msgspec.Struct):
    is_person: bool


class _Members(msgspec.Struct):
    items: tuple[_Member, ...]


class _Invitation(msgspec.Struct):
    invitation_id: str
    name: str


class _Invitations(msgspec.Struct):
    items: tuple[_Invitation, ...]


class _Made(msgspec.Struct):
    code: str


def console_address(settings: Settings) -> str:
    """Where people sign in: what they see in the address bar."""
    return f"{settings.sign_in_origins[0]}/console"


def first_link(settings: Settings) -> str | None:
    """The address that makes whoever opens it the first person, once; None where there is one, or no key is saved here.

    An earlier link of this kind ends with it, so that only the last one that was shown works.
    """
    try:
        asking = _Asking(credentials.load(settings))
        if any(one.is_person for one in asking.did("GET", f"/v1/members?limit={_LISTED}", _Members).items):
            return None
        for one in asking.did("GET", f"/v1/invitations?limit={_LISTED}", _Invitations).items:
            if one.name == NAME:
                asking.did("POST", "/v1/invitations/withdraw", dict, invitation_id=one.invitation_id)
        made = asking.did("POST", "/v1/invitations", _Made, name=NAME, roles=[one.value for one in Role])
    except (BadInput, OSError, HTTPException, msgspec.DecodeError):
        return None  # a key that may not invite, or a keep that is busy: the address of the console is enough
    return f"{console_address(settings)}/join#{made.code}"


class _Asking:
    """Whoever holds the saved key."""

    def __init__(self, saved: credentials.Credentials) -> None:
        self._place = urlsplit(saved.url)
        self._key = saved.api_key

    def did(self, method: str, path: str, answer: type[T], **members: object) -> T:
        """One request. A refusal is no answer of this type, and raises DecodeError like one that is none."""
        connection = HTTPConnection(self._place.hostname or "", self._place.port, timeout=_TIMEOUT_S)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, msgspec.json.encode(members) if members else None, headers)
            return msgspec.json.decode(connection.getresponse().read(_MOST_BYTES), type=answer)
        finally:
            connection.close()
