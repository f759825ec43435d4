"""Search: a photo, the reason for it, and what was found, on one page. The page's script asks the API for all of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from facekeep.service import collections
from facekeep.service.collections import Collection
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.console.work import open_cases, require
from facekeep.web.parsed import ID_PATTERN, TheKeep, TheSession

router = APIRouter(include_in_schema=False)
ChosenCase = Annotated[str | None, Query(alias="case", pattern=ID_PATTERN)]


@router.get("/console/search", name="console_search")
def show_search(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, chosen_case: ChosenCase = None
) -> Response:
    """The page to search on, with the cases and collections that there are to choose from."""
    require(viewer, "investigator")
    return page(
        request,
        "search",
        viewer=viewer,
        cases=open_cases(keep, session, viewer),
        chosen_case=chosen_case,
        collections=_collections(keep, session),
    )


def _collections(keep: Keep, session: SessionToken) -> list[Collection]:
    found: list[Collection] = []
    cursor = ""
    while True:
        listed = collections.list_collections(keep, session, cursor=cursor, limit=200)
        found += listed.items
        cursor = listed.next_cursor
        if not cursor:
            return found
