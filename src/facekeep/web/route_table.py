"""Every route of the server, and whether the door asks for a key before it: what `facekeep doctor` looks at."""

from starlette.routing import Route as StarletteRoute

from facekeep.service.doctor.subject import Route
from facekeep.settings import HttpSettings
from facekeep.web.app import create_api
from facekeep.web.door import SIGN_IN_PATHS, open_paths


def route_table(settings: HttpSettings) -> tuple[Route, ...]:
    """The routes as the application has them, in its order."""
    is_open = open_paths(settings) | SIGN_IN_PATHS
    found = (one for one in create_api(None).routes if isinstance(one, StarletteRoute))
    return tuple(
        Route(method, one.path, one.path in is_open) for one in found for method in sorted(one.methods or ())
    )
