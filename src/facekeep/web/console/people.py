"""Names for the ids of members, as far as the reader may know them."""

from collections.abc import Mapping

from facekeep.service import members as verbs
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.web.console.paging import all_of
from facekeep.web.console.viewer import Viewer

MAY_LIST = ("admin", "auditor", "privacy_officer")


def names_for(keep: Keep, session: SessionToken, viewer: Viewer) -> Mapping[str, str]:
    """Every live member's name by id, where the reader may list members; else nothing."""
    if not viewer.is_any(*MAY_LIST):
        return {}
    found = all_of(lambda cursor: verbs.list_members(keep, session, cursor=cursor, limit=1000))
    return {one.member_id: one.name for one in found}
