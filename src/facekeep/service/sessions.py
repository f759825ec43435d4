"""Sessions: every request opens one at the vault with the caller's key and ends it with the answer."""

from facekeep.errors import Code, Refused
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.vault.wire import Authenticate, Done, EndSession, SessionOpened

_LONGEST_CREDENTIAL = 200


def open_session(keep: Keep, untrusted_credential: str) -> SessionToken:
    """A session for the holder of the API key.

    Raises
    ------
    Refused
        `unauthenticated`, with the same words whatever is wrong with the key.
    """
    if not (untrusted_credential.isascii() and 0 < len(untrusted_credential) <= _LONGEST_CREDENTIAL):
        raise Refused(Code.UNAUTHENTICATED, "no valid API key was given")
    return keep.vault.call(Authenticate(untrusted_credential=untrusted_credential), SessionOpened).session


def end_session(keep: Keep, session: SessionToken) -> None:
    """Make the vault forget the session at once."""
    keep.vault.call(EndSession(session=session), Done)
