"""Where somebody begins who just signed in."""

from fastapi import APIRouter, Request, Response

from facekeep.web.console.posted import go_to
from facekeep.web.console.viewer import TheViewer

router = APIRouter(include_in_schema=False)


@router.get("/console", name="console_home")
def home(request: Request, viewer: TheViewer) -> Response:
    """The first of the places they may go."""
    return go_to(request, viewer.places[0].address)
