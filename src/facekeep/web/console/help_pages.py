"""In-page help: the product's own documentation."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from facekeep.errors import BadInput, Code
from facekeep.web.console.documents import HELP, START, address, document, titles
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer

router = APIRouter(include_in_schema=False)
Name = Annotated[str, Path(alias="name", pattern=r"^[a-z0-9-]+(/[a-z0-9-]+){0,3}$", max_length=200)]


@router.get(HELP, name="console_help")
def show_start(request: Request, viewer: TheViewer) -> Response:
    """Where to read what."""
    return _shown(request, viewer, START)


@router.get(HELP + "/{name:path}", name="console_help_page")
def show_page(request: Request, viewer: TheViewer, name: Name) -> Response:
    """One page of the documentation."""
    return _shown(request, viewer, name)


def _shown(request: Request, viewer: TheViewer, name: str) -> Response:
    found = document(name)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "there is no such page of the help")
    others = [(address(one), title) for one, title in titles().items()]
    return page(request, "help", viewer=viewer, document=found, others=others)
