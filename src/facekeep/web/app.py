"""The application: every route, behind the one door."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from facekeep import __version__
from facekeep.errors import BadInput, Code, FacekeepError, Tampered
from facekeep.service.keep import Keep
from facekeep.web.answers import answer_for
from facekeep.web.console import account, adding, assets, gallery, help_pages, home, keys, pictures, report, review
from facekeep.web.console import approvals as console_approvals
from facekeep.web.console import cases as console_cases
from facekeep.web.console import log as console_log
from facekeep.web.console import members as console_members
from facekeep.web.console import persons as console_persons
from facekeep.web.console import rules as console_rules
from facekeep.web.console import search as console_search
from facekeep.web.console import sign_in as console_sign_in
from facekeep.web.console import standing as console_standing
from facekeep.web.console import status as console_status
from facekeep.web.docs_page import docs_page
from facekeep.web.documented import describe
from facekeep.web.door import Door
from facekeep.web.native import (
    approvals,
    cases,
    collections,
    faces,
    freezes,
    join,
    leads,
    log,
    me,
    members,
    models,
    own_credentials,
    persons,
    rules,
    search,
    sign_in,
    standing,
    status,
    usage,
    verify,
    webhooks,
)
from facekeep.web.native.standing_models import StandingQuery
from facekeep.web.parsed import described

_DESCRIPTION = "Face search over lawful galleries. Candidates are leads, never identifications."
_ROUTERS = (
    status, members, collections, persons, faces, search, verify, log, cases, approvals, rules, usage, leads, sign_in,
    freezes, join, me, own_credentials, standing, webhooks,
)  # fmt: skip
_PAGES = (
    assets, home, pictures, console_sign_in, console_status, gallery, console_persons, adding, account, console_cases,
    console_approvals, console_standing, console_members, keys, console_rules, console_log, help_pages,
    console_search, review, report,
)  # fmt: skip
_FORM_MODELS = (models.PhotoMetadata, models.PhotoQuery, models.VerifyQuery, StandingQuery, models.Problem)
# The framework can send requests, exceptions and timings to collectors named in the environment. Never here.
_NO_TELEMETRY = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
}  # fmt: skip


def create_app(keep: Keep, *, touched: Callable[[], None]) -> Door:
    """The whole ASGI application over one keep. `touched` is called after every request."""
    return Door(create_api(keep), keep, touched=touched)


def create_api(keep: Keep | None) -> FastAPI:
    """The routes alone, without the door; without a keep it can only describe itself."""
    app = FastAPI(
        title="facekeep",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,  # type: ignore[arg-type]
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.keep = keep
    for module in (*_ROUTERS, *_PAGES):
        app.include_router(module.router)
    app.openapi = describe(app, *_FORM_MODELS)  # type: ignore[method-assign]
    _describe_itself(app)
    _map_errors(app)
    return app


def _describe_itself(app: FastAPI) -> None:
    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, object]:
        return app.openapi()

    @app.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    def docs() -> str:
        return docs_page(app.openapi())


def _map_errors(app: FastAPI) -> None:
    @app.exception_handler(FacekeepError)
    async def ours(request: Request, error: FacekeepError) -> Response:
        return _answered(request, error, error)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> Response:
        return _answered(request, _invalid(error), error)

    @app.exception_handler(HTTPException)
    async def by_the_framework(request: Request, error: HTTPException) -> Response:
        return _answered(request, _unrouted(error), error)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        return _answered(request, Tampered(Code.INTERNAL, ""), error)


def _answered(request: Request, told: FacekeepError, cause: Exception) -> Response:
    request.state.failure = cause
    answer = answer_for(request.scope, told, request.state.request_id)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers)


def _invalid(error: RequestValidationError) -> BadInput:
    """An id that no id can look like is an id that is not there."""
    errors = error.errors()
    if any(one["loc"][0] == "path" for one in errors):
        return BadInput(Code.NOT_FOUND, "there is no such thing")
    return BadInput(Code.INVALID_REQUEST, described(errors))


def _unrouted(error: HTTPException) -> BadInput:
    if error.status_code == 404:
        return BadInput(Code.NOT_FOUND, "there is no such route")
    if error.status_code == 405:
        return BadInput(Code.INVALID_REQUEST, "this route does not know that method")
    return BadInput(Code.INVALID_REQUEST, "the request could not be read")
