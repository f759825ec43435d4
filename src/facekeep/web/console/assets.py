"""Style and script, read from the package once. Anybody may have them; they say nothing of anybody."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from facekeep.errors import BadInput, Code

ASSETS = "/console/static/"
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, and the tag by which a browser asks whether it is still the same."""

    content: bytes
    media_type: str
    tag: str


def is_asset(path: str) -> bool:
    """Whether a path is that of style or script."""
    return path.startswith(ASSETS)


@cache
def assets() -> dict[str, Asset]:
    """Every file of `static/`, by name."""
    found = (one for one in files(__package__).joinpath("static").iterdir() if "." in one.name)
    return {one.name: _asset(one.name, one.read_bytes()) for one in found if one.name.rpartition(".")[2] in _TYPES}


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, _TYPES[name.rpartition(".")[2]], f'"{sha256(content).hexdigest()[:32]}"')


@router.get(ASSETS + "{name}", name="console_asset")
def asset(request: Request, name: str) -> Response:
    """One file of style or script."""
    found = assets().get(name)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "there is no such file")
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers={"etag": found.tag})
    return Response(found.content, media_type=found.media_type, headers={"etag": found.tag})
