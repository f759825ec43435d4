"""Sessions: a key opens one at the vault for each request, ended with the answer; a person's own goes on after it."""

from facekeep.errors import Code, Refused
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.vault.wire import Authenticate, Done, EndSession, SessionOpened

_LONGEST_CREDENTIAL = 200
_PERSONS = "fs_"  # what the token of a person's session begins with


def open_session(keep: Keep, untrusted_credential: str, client_class: str = "") -> SessionToken:
    """A session for the holder of the API key, or the living session of a person.

    Raises
    ------
    Refused
        `unauthenticated`, with the same words whatever is wrong with the key.
    """
    if not (untrusted_credential.isascii() and 0 < len(untrusted_credential) <= _LONGEST_CREDENTIAL):
        raise Refused(Code.UNAUTHENTICATED, "nothing valid was given that says who asks")
    message = Authenticate(untrusted_credential=untrusted_credential, client_class=client_class)
    return keep.vault.call(message, SessionOpened).session


def ends_with_request(credential: str) -> bool:
    """Whether the session that this credential opened is to be ended with the answer."""
    return not credential.startswith(_PERSONS)


def end_session(keep: Keep, session: SessionToken) -> None:
    """Make the vault forget the session at once."""
    keep.vault.call(EndSession(session=session), Done)
