"""Every route of the server, and whether the door asks for a key before it: what `facekeep doctor` looks at.

Taken from the routes themselves and not from the API's description, so that a route which the description leaves out is
there. What is neither a route nor a router counts as open to everybody, so that it is noticed.
"""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute

from facekeep.service.doctor.subject import Route
from facekeep.settings import HttpSettings
from facekeep.web.app import create_api
from facekeep.web.console.assets import is_asset
from facekeep.web.door import SIGN_IN_PATHS, open_paths


def route_table(settings: HttpSettings) -> tuple[Route, ...]:
    """The routes as the application has them, in its order."""
    return tuple(_table(create_api(None).routes, open_paths(settings) | SIGN_IN_PATHS))


def _table(routes: Iterable[BaseRoute], is_open: frozenset[str]) -> Iterator[Route]:
    for one in routes:
        included = getattr(one, "original_router", None)
        if isinstance(included, APIRouter):
            yield from _table(included.routes, is_open)
        elif isinstance(one, StarletteRoute):
            known = one.path in is_open or is_asset(one.path)
            yield from (Route(method, one.path, known) for method in sorted(one.methods or ()))
        else:
            yield Route("*", type(one).__name__, True)
