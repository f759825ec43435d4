"""How the keep is."""

from fastapi import APIRouter, Request, Response

from facekeep.service import status as verbs
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import TheKeep

router = APIRouter(include_in_schema=False)


@router.get("/console/status", name="console_status")
def show_status(request: Request, keep: TheKeep, viewer: TheViewer) -> Response:
    """Readiness, models, index, and the newest checkpoint of the log."""
    return page(request, "status", viewer=viewer, status=verbs.status(keep))
