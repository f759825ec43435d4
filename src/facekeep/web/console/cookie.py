"""The session of a browser: in a cookie that scripts cannot read, and that is believed only for requests of our own.

Three layers keep another site from acting as somebody who is signed in. The cookie is `SameSite=Strict`; whatever may
change something must say that it comes from this origin (`Sec-Fetch-Site`, `Origin`); and the API takes the cookie only
with a header that no form can send and no other site may.
"""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import Scope

from facekeep.errors import Code, Refused
from facekeep.service.sessions import ends_with_request
from facekeep.settings import Settings
from facekeep.terms import SessionToken
from facekeep.web.headers import header

PLACE = "/console"
MARK = (b"x-facekeep-console", "1")  # what our own scripts say to the API
_SAFE = frozenset({"GET", "HEAD"})


def is_page(path: str) -> bool:
    """Whether a path is one of the console's."""
    return path == PLACE or path.startswith(PLACE + "/")


def takes_cookie(scope: Scope) -> bool:
    """Whether a request may be known by its cookie."""
    return is_page(scope["path"]) or header(scope, MARK[0]) == MARK[1]


def session_in_cookie(scope: Scope, settings: Settings) -> str:
    """What the cookie says, for a request that came from the console itself.

    Raises
    ------
    Refused
        `unauthenticated`: there is no cookie, or no person's session in it. `forbidden`: another site sent the request.
    """
    untrusted_session = session_before(scope, settings)
    if not untrusted_session or ends_with_request(untrusted_session):  # a key is no person
        raise Refused(Code.UNAUTHENTICATED, "nobody is signed in here")
    if not is_page(scope["path"]) or scope["method"] not in _SAFE:
        require_own_request(scope)
    return untrusted_session


def session_before(scope: Scope, settings: Settings) -> str:
    """What the cookie says, whoever sent it; empty where there is none."""
    return _cookies(scope).get(_name(settings), "")


def require_own_request(scope: Scope) -> None:
    """Nothing, if a page of this console sent the request. Raises Refused `forbidden`."""
    site, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
    if (site and site != "same-origin") or (origin and urlsplit(origin).netloc != header(scope, b"host")):
        raise Refused(Code.FORBIDDEN, "another site sent this; nothing was done")
    if not site and not origin:
        raise Refused(Code.FORBIDDEN, "the browser did not say which site sent this; nothing was done")


def keep_session(answer: Response, settings: Settings, session: SessionToken) -> Response:
    """The answer, with which the browser keeps the session until it is closed."""
    answer.set_cookie(_name(settings), session, path="/", secure=_over_tls(settings), httponly=True, samesite="strict")
    return answer


def drop_session(answer: Response, settings: Settings) -> Response:
    """The answer, with which the browser forgets the session and every page that it kept."""
    answer.delete_cookie(_name(settings), path="/", secure=_over_tls(settings), httponly=True, samesite="strict")
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


def _cookies(scope: Scope) -> Mapping[str, str]:
    try:
        return {name: one.value for name, one in SimpleCookie(header(scope, b"cookie")).items()}
    except CookieError:
        return {}


def _over_tls(settings: Settings) -> bool:
    """Whether people reach this keep over TLS alone, which a proxy of theirs ends."""
    return all(origin.startswith("https:") for origin in settings.sign_in_origins)


def _name(settings: Settings) -> str:
    """`__Host-` makes a browser refuse a cookie that a neighbouring name has set, and needs TLS."""
    return "__Host-facekeep" if _over_tls(settings) else f"facekeep-{settings.http.port}"
