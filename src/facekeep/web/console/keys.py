"""API keys: everybody's for those who may see them, and how to make one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from facekeep.service import collections
from facekeep.service import members as verbs
from facekeep.terms import ApiKeyId
from facekeep.web.console.members import HERE, ROLES
from facekeep.web.console.people import MAY_LIST, names_for
from facekeep.web.console.posted import Id, Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import Cursor, TheKeep, TheSession

_PAGE = 100

router = APIRouter(include_in_schema=False)


class OneKey(Posted):
    """An API key, by its visible name."""

    key_id: Id


@router.get(HERE + "/keys", name="console_keys")
def show_keys(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, cursor: Cursor = ""
) -> Response:
    """Live keys without their secrets, and what a new one may be narrowed to."""
    names, me = names_for(keep, session, viewer), {viewer.here.member_id: viewer.name}
    may_list = viewer.is_any(*MAY_LIST)
    return page(
        request,
        "keys",
        viewer=viewer,
        roles=ROLES,
        owners={**me, **names} if viewer.is_any("admin") else me,
        names=names,
        collections=collections.list_collections(keep, session, cursor="", limit=_PAGE).items,
        keys=verbs.list_api_keys(keep, session, cursor=cursor, limit=_PAGE) if may_list else None,
    )


@router.post(HERE + "/keys/revoke", name="console_revoke_key")
def revoke_key(
    request: Request, keep: TheKeep, session: TheSession, body: Annotated[OneKey, Depends(posted(OneKey))]
) -> Response:
    """Make a key worthless at once."""
    verbs.revoke_api_key(keep, session, ApiKeyId(body.key_id))
    return go_to(request, HERE + "/keys")
