"""Members that cannot be removed, and what the log says of it."""

import pytest
from town import Town
from vault_driver import code_of

from facekeep.vault import wire


@pytest.mark.parametrize("message", [wire.RemoveMember, wire.SetRoles])
def test_the_last_admin_stays_and_the_log_says_nothing_else(town: Town, message: type[wire.Message]) -> None:
    me = town.myself(town.admin).member.member_id
    given = {"roles": ("reviewer",)} if message is wire.SetRoles else {}
    before = len(town.acts(town.admin))
    assert code_of(town.keeper.serve, message(session=town.admin, member_id=me, **given)) == "forbidden"
    act = "member.roles" if message is wire.SetRoles else "member.remove"
    assert town.acts(town.admin)[before:] == [(act, "asked"), (act, "forbidden"), ("log.read", "asked")]
    assert "admin" in town.myself(town.admin).roles
