"""Errors as pages: what happened, what it means, and the way on. Scripts of ours get the API's own document."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.types import Scope

from facekeep.errors import Code, FacekeepError
from facekeep.web.console.cookie import MARK, is_page
from facekeep.web.console.rendering import page
from facekeep.web.headers import header
from facekeep.web.problems import ProblemAnswer, answer_to, problem

_SIGN_IN = "/console/sign-in"


def wants_page(scope: Scope) -> bool:
    """Whether whoever asks is a person who looks at a page; a program gets the same refusal as anywhere."""
    return is_page(scope["path"]) and header(scope, MARK[0]) != MARK[1] and "text/html" in header(scope, b"accept")


def refusal(scope: Scope, error: FacekeepError, request_id: str) -> ProblemAnswer:
    """The page for an error; nobody signed in is led to the sign-in page, and back here afterwards."""
    if error.code is Code.UNAUTHENTICATED and scope["path"] != _SIGN_IN:
        back = f"?next={quote(scope['path'], safe='/')}" if scope["method"] == "GET" else ""
        return ProblemAnswer(303, ((b"location", (_SIGN_IN + back).encode()), (b"content-length", b"0")), b"")
    told = answer_to(error, request_id)
    members = problem(error.code, error.message, entry=error.entry)
    shown = page(Request(scope), "refusal", status_code=told.status, problem=members, request_id=request_id)
    body = bytes(shown.body)
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    kept = [one for one in told.headers if one[0] == b"retry-after"]
    return ProblemAnswer(told.status, (*headers, *kept), body)
