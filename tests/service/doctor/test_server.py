"""What a stranger is answered: by a server that lets everybody in, and by the product's own."""

from http.server import BaseHTTPRequestHandler

import pytest
from planting import Planted
from production import serving

from facekeep.service.doctor.finding import Needs
from facekeep.service.doctor.registry import CHECKS
from facekeep.service.doctor.subject import Route
from facekeep.settings import HttpSettings
from facekeep.web.app import create_api
from facekeep.web.route_table import route_table

SERVER = [one for one in CHECKS if one.needs is Needs.SERVER]


def answering(status: int, **headers: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = _serve

        def log_message(self, *_: object) -> None: ...

    return Handler


def found_at(planted: Planted, handler: type[BaseHTTPRequestHandler], *routes: Route) -> list[str]:
    with serving(handler) as port:
        planted.set("http.port", str(port))
        planted.server_runs, planted.routes = True, routes
        return [one.check for one in planted.findings(SERVER)]


CLOSED = Route("GET", "/v1/members/{member_id}", False)


def test_a_route_that_answers_a_stranger_is_found(planted: Planted) -> None:
    assert found_at(planted, answering(200), CLOSED, Route("GET", "/healthz", True)) == ["answers-strangers"]


@pytest.mark.parametrize("origin", ["*", "https://doctor.invalid"])
def test_a_server_that_answers_pages_of_any_origin_is_found(planted: Planted, origin: str) -> None:
    found = found_at(planted, answering(401, Access_Control_Allow_Origin=origin), CLOSED)
    assert set(found) == {"wildcard-cors"}


def test_a_server_that_lets_nobody_in_is_well(planted: Planted) -> None:
    assert found_at(planted, answering(401), CLOSED) == []


def test_a_server_that_hangs_up_is_a_finding_and_no_crash(planted: Planted) -> None:
    planted.set("http.port", "1")
    planted.server_runs, planted.routes = True, (CLOSED,)
    found = planted.findings(SERVER)
    assert {one.check for one in found} == {"answers-strangers", "wildcard-cors"}
    assert all("could not look" in one.what for one in found)


def test_the_products_own_table_has_only_the_open_routes_that_are_meant(planted: Planted) -> None:
    planted.routes = route_table(HttpSettings(describe=False))
    documented = ((method.upper(), path) for path, one in create_api(None).openapi()["paths"].items() for method in one)
    assert {(one.method, one.path) for one in planted.routes} >= set(documented)
    assert planted.findings() == ()
    assert not any(one.is_open and one.path == "/docs" for one in planted.routes)
