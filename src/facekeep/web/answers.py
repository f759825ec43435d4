"""Errors as whoever asked can read them: a page for people, the API's document for programs."""

from starlette.types import Scope

from facekeep.errors import FacekeepError
from facekeep.web.console.refusals import refusal, wants_page
from facekeep.web.problems import ProblemAnswer, answer_to


def answer_for(scope: Scope, error: FacekeepError, request_id: str) -> ProblemAnswer:
    """What is answered to this request."""
    return refusal(scope, error, request_id) if wants_page(scope) else answer_to(error, request_id)
