"""Search: a photo, the reason for it, and what was found, on one page. The page's script asks the API for all of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from facekeep.web.console.case_file import collections_of
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.console.work import open_cases
from facekeep.web.parsed import ID_PATTERN, TheKeep, TheSession

router = APIRouter(include_in_schema=False)
ChosenCase = Annotated[str | None, Query(alias="case", pattern=ID_PATTERN)]


@router.get("/console/search", name="console_search")
def show_search(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, chosen_case: ChosenCase = None
) -> Response:
    """The page to search on, with the cases and collections that there are to choose from."""
    viewer.require("investigator")
    return page(
        request,
        "search",
        viewer=viewer,
        cases=open_cases(keep, session, viewer),
        chosen_case=chosen_case,
        collections=list(collections_of(keep, session).values()),
    )
