"""The world that every example begins in: two organizations at work."""

import atexit
from functools import cache

import pytest
from keep_model import Key, Member
from keep_model.casework import Rules
from keep_model.people import EVERYBODY

from facekeep.vault import wire
from side_by_side import LOOKS, SideBySide

CREW = {
    "ada@One": {"admin", "privacy_officer"}, "ben@One": {"investigator", "reviewer"}, "cia@One": {"reviewer"},
    "dan@One": {"investigator", "custodian"}, "rob@One": {"reviewer", "auditor"}, "dan@Two": set(EVERYBODY),
    "cia@Two": {"reviewer", "investigator"}, "pam@One": {"reviewer"},
}  # fmt: skip
PROGRAMS = ("program@One", "program@Two")


@cache
def world() -> SideBySide:
    """A keep with two organizations, their people and galleries, as every example begins with; sealed."""
    keep = SideBySide()
    with pytest.MonkeyPatch.context() as patch:
        keep.set_clocks(patch)
        settle(keep)
        keep.keeper.seal()
    atexit.register(keep.folder.cleanup)
    return keep


def settle(keep: SideBySide) -> None:
    """Organizations, people, galleries."""
    key_file = str(keep.root / "key")
    first = wire.Initialize(method="key_file", organization="One", member="Op", key_file=key_file)
    second = wire.AddOrganization(name="Two", admin="Op", is_program=True)
    for name, api_key in (("One", keep.keeper.operate(first).api_key), ("Two", keep.keeper.operate(second).api_key)):
        found(keep, name, api_key)
    for name, roles in CREW.items():
        come_in(keep, *name.split("@"), roles)
    boss, other = (keep.token_of("program", org) for org in ("One", "Two"))
    keep.add_collection(boss, "strict")
    keep.add_collection(boss, "watched", approval_required=True)
    keep.add_collection(boss, "measured", evaluation=True)
    keep.add_collection(other, "theirs")
    people = [(f"Name {number % 4}", look) for number, look in enumerate(LOOKS[:5])]
    keep.enroll(boss, keep.collections["strict"], *people)
    keep.enroll(boss, keep.collections["watched"], *people[:2])
    keep.enroll(boss, keep.collections["measured"], ("Name 1", LOOKS[5]))
    keep.enroll(other, keep.collections["theirs"], *people[:2])
    begin_work(keep)
    keep.restart()


def begin_work(keep: SideBySide) -> None:
    """Cases, an approval, and leads to decide."""
    for name, crew in (("ben@One", "cia rob pam"), ("dan@One", "ben cia rob"), ("cia@Two", "dan")):
        creator, org = name.split("@")
        everybody = [one for one in keep.model.members.values() if one.account in crew.split()]
        mine = {one.member_id for one in everybody if one.org == keep.orgs[org]}
        assert keep.open_case(keep.token_of(creator, org), mine, 24 * 20, None)
    cases, ben = list(keep.model.cases), keep.token_of("ben")
    approval = keep.ask_approval(ben, cases[0], keep.collections["watched"])
    keep.decide_approval(keep.token_of("cia"), approval, approved=True)
    for token, case_id, name in ((ben, cases[0], "strict"), (keep.token_of("cia", "Two"), cases[2], "theirs")):
        grant = keep.begin_search(token, case_id, (keep.collections[name],), "a0", 10)
        assert keep.finish_search(token, grant)


def found(keep: SideBySide, name: str, api_key: str) -> None:
    """An organization with the program that is its first admin."""
    session = keep.keeper.serve(wire.Authenticate(untrusted_credential=api_key)).session
    me = keep.keeper.serve(wire.WhoAmI(session=session))
    keep.orgs[name], model = me.organization_id, keep.model
    model.log[me.organization_id] = [("organization.added", "done")] if name == "Two" else []
    model.write(me.organization_id, "member.self", "asked")
    model.rules[me.organization_id] = Rules()
    model.members[me.member.member_id] = Member(me.member.member_id, me.organization_id, "", set(EVERYBODY))
    model.keys[me.credential], keep.api_keys[me.credential] = Key(me.member.member_id), api_key
    keep.set_rules(keep.token_of("program", name), Rules(passwords=name == "One", person=5, case=8))


def come_in(keep: SideBySide, name: str, org: str, roles: set[str]) -> None:
    code = keep.invite(keep.token_of("program", org), roles, 72)
    if name in keep.model.accounts:
        keep.accept(keep.model.of_account(name)[0], code)
    else:
        keep.join(name, code, by_password=name == "pam")
