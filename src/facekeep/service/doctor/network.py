"""Who reaches the server, how, and what it answers to somebody unknown."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from facekeep.service.doctor.finding import Needs, Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Route, Subject
from facekeep.settings import is_loopback

_MEANT_TO_BE_OPEN = frozenset({
    "/healthz", "/v1/sign-in/begin", "/v1/sign-in/finish", "/v1/sign-in/password",
    "/v1/join/begin", "/v1/join/finish", "/v1/join/password",
    "/", "/console/static/{name}", "/console/sign-in", "/console/sign-in/passkey", "/console/sign-in/password",
    "/console/join", "/console/join/passkey", "/console/join/password",
})  # fmt: skip
_DESCRIPTION = frozenset({"/docs", "/openapi.json"})
_STRANGER = "https://doctor.invalid"
_MOST_REQUEST_BYTES = 1_000_000_000


@check(
    "public-bind",
    Severity.BLOCKER,
    finds="a server that listens on an address of the network, where it speaks plain HTTP",
    allows="whoever is on the network between reads photos, results, keys and sessions as they pass",
)
def public_bind(subject: Subject) -> Iterator[Problem]:
    """Plain HTTP beyond this machine; less bad where a proxy is said to stand in front of it."""
    http = subject.settings.http
    if is_loopback(http.host):
        return
    fix = set_command(subject, "http.host", "127.0.0.1")
    if not http.tls_proxy:
        yield Problem(f"http.host is {http.host}, and no proxy with TLS is named in http.tls_proxy", fix)
        return
    what = f"http.host is {http.host}: the plain port can be reached beside the proxy {http.tls_proxy}"
    yield Problem(what, fix, Severity.WARNING)


@check(
    "no-tls-proxy",
    Severity.WARNING,
    finds="people who sign in under a domain, with no proxy named that speaks TLS for it",
    allows="sign-ins over plain HTTP, where browsers allow them, and a proxy that nobody thought of",
)
def no_tls_proxy(subject: Subject) -> Iterator[Problem]:
    """A domain without a declared proxy."""
    settings = subject.settings
    if settings.sign_in.rp_id != "localhost" and not settings.http.tls_proxy:
        what = f"sign_in.rp_id is {settings.sign_in.rp_id}, and http.tls_proxy is not set"
        yield Problem(what, set_command(subject, "http.tls_proxy", f"https://{settings.sign_in.rp_id}"))


@check(
    "plain-origin",
    Severity.BLOCKER,
    finds="a page without TLS that may ask for passkeys",
    allows="whoever alters that page on its way acts as the people who sign in on it",
)
def plain_origin(subject: Subject) -> Iterator[Problem]:
    """Origins of http on anything but localhost."""
    for origin in subject.settings.sign_in_origins:
        parts = urlsplit(origin)
        if parts.scheme != "https" and parts.hostname != "localhost":
            fix = set_command(subject, "sign_in.origins", f'["https://{subject.settings.sign_in.rp_id}"]')
            yield Problem(f"sign_in.origins has {origin}", fix)


@check(
    "foreign-origin",
    Severity.WARNING,
    finds="a page of another domain that may ask for this keep's passkeys",
    allows="nothing in browsers as they are; it shows that domain or page was mistaken",
)
def foreign_origin(subject: Subject) -> Iterator[Problem]:
    """Origins that are neither the domain of passkeys nor below it."""
    rp_id = subject.settings.sign_in.rp_id
    for origin in subject.settings.sign_in_origins:
        host = urlsplit(origin).hostname or ""
        if host != rp_id and not host.endswith("." + rp_id):
            fix = set_command(subject, "sign_in.origins", f'["https://{rp_id}"]')
            yield Problem(f"sign_in.origins has {origin}, which is not under {rp_id}", fix)


@check(
    "any-host-name",
    Severity.WARNING,
    finds="a server behind a proxy, or on the network, that answers to any host name, or not to its own",
    allows="a page of somebody else's that has its name point here (DNS rebinding) to speak to the server",
)
def any_host_name(subject: Subject) -> Iterator[Problem]:
    """No list of names where outsiders come."""
    http = subject.settings.http
    proxy = urlsplit(http.tls_proxy).hostname or ""
    if proxy and proxy not in http.allowed_hosts:
        what = f"http.allowed_hosts does not name {proxy}, the proxy's own"
        yield Problem(what, set_command(subject, "http.allowed_hosts", f'["{proxy}"]'))
    elif not is_loopback(http.host) and not http.allowed_hosts:
        what = f"http.host is {http.host}, and http.allowed_hosts is empty"
        yield Problem(what, set_command(subject, "http.allowed_hosts", f'["{subject.settings.sign_in.rp_id}"]'))


@check(
    "public-description",
    Severity.NOTE,
    finds="/docs and /openapi.json for everybody who reaches the server",
    allows="a stranger to learn the version and every route before the first try",
)
def public_description(subject: Subject) -> Iterator[Problem]:
    """The API's description where outsiders come."""
    if subject.settings.http.describe and not subject.settings.is_for_this_machine_alone:
        yield Problem("http.describe is on", set_command(subject, "http.describe", "false"))


@check(
    "request-lines",
    Severity.NOTE,
    finds="a line for every request on the server's standard error",
    allows="whoever reads those lines to count searches, and to see when there were some",
)
def request_lines(subject: Subject) -> Iterator[Problem]:
    """The access log that is off by default."""
    if subject.settings.http.request_lines:
        yield Problem("http.request_lines is on", set_command(subject, "http.request_lines", "false"))


@check(
    "request-limits",
    Severity.WARNING,
    finds="limits of requests so wide that a few of them fill the memory",
    allows="whoever has any key to stop the service",
)
def request_limits(subject: Subject) -> Iterator[Problem]:
    """What the door takes at once."""
    size = subject.settings.http.max_request_bytes
    if size > _MOST_REQUEST_BYTES:
        what = f"http.max_request_bytes is {size}, more than {_MOST_REQUEST_BYTES}"
        yield Problem(what, set_command(subject, "http.max_request_bytes", "64000000"))


@check(
    "open-routes",
    Severity.BLOCKER,
    finds="a route in the server's own table that asks nobody who they are, and is not meant to",
    allows="anybody to use it: this is how another company lost its list of customers in 2020",
)
def open_routes(subject: Subject) -> Iterator[Problem]:
    """The route table against the few routes that are for everybody."""
    for route in subject.routes:
        if route.is_open and route.path not in _MEANT_TO_BE_OPEN | _DESCRIPTION:
            yield Problem(f"{route.method} {route.path} asks for no key", _reinstall())


@check(
    "answers-strangers",
    Severity.BLOCKER,
    needs=Needs.SERVER,
    finds="a route of the running server that answers somebody without a key otherwise than with 401",
    allows="anybody to use it",
)
def answers_strangers(subject: Subject) -> Iterator[Problem]:
    """Every route that needs a key, asked without one."""
    for route in subject.routes:
        if not _is_for_everybody(subject, route) and (status := _status(subject, route)) != 401:
            what = f"{route.method} {route.path} answered {status} to somebody without a key"
            yield Problem(what, _reinstall())


@check(
    "wildcard-cors",
    Severity.BLOCKER,
    needs=Needs.SERVER,
    finds="a server that lets pages of any origin read its answers",
    allows="any page that a signed-in person opens to read what that person may read",
)
def wildcard_cors(subject: Subject) -> Iterator[Problem]:
    """What the server tells a browser that comes with a page of somebody else's."""
    asking = {"Origin": _STRANGER, "Access-Control-Request-Method": "GET"}
    for method, path in (("GET", "/healthz"), ("OPTIONS", "/v1/status")):
        allowed = subject.ask_server(method, path, asking).headers.get("access-control-allow-origin", "")
        if allowed in {"*", _STRANGER}:
            what = f"{method} {path} answers a page of {_STRANGER} with Access-Control-Allow-Origin: {allowed}"
            yield Problem(what, _reinstall())


def _is_for_everybody(subject: Subject, route: Route) -> bool:
    return route.path in _MEANT_TO_BE_OPEN or (subject.settings.http.describe and route.path in _DESCRIPTION)


def _status(subject: Subject, route: Route) -> int:
    path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
    return subject.ask_server(route.method, path).status


def _reinstall() -> str:
    return command("python", "-m", "pip", "install", "--force-reinstall", "--no-deps", "facekeep")
