"""Credentials into sessions."""

from typing import Annotated

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Message


class Authenticate(Message, frozen=True):
    """Exchange an API key for a short session."""

    untrusted_credential: Annotated[str, msgspec.Meta(max_length=200)]


class EndSession(Message, frozen=True):
    """Forget a session at once."""

    session: SessionToken


class SessionOpened(Message, frozen=True):
    """A session, for `expires_in_s` seconds at most."""

    session: SessionToken
    roles: tuple[str, ...]
    expires_in_s: int
