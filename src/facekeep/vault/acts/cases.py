"""Cases: opening, reading, changing and closing them."""

from collections.abc import Iterable

from facekeep.errors import BadInput, Code
from facekeep.terms import CaseId, MemberId
from facekeep.vault import budgets, clock, wire
from facekeep.vault.acts.shared import remember
from facekeep.vault.cases.register import Case, CaseFacts, Register
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.identity import Caller, members, rules
from facekeep.vault.naming import naming
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire import Rules


def create_case(vault: OpenVault, caller: Caller, message: wire.CreateCase) -> wire.CaseShown:
    """A new case; whoever creates it is in it."""
    current = rules.load(vault.database, caller.org_id)
    if message.purpose not in current.purposes:
        raise BadInput(Code.INVALID_REQUEST, f"expected a purpose among: {'; '.join(current.purposes)}")
    ends_at = _end(message.expires_at, current)
    facts = CaseFacts(message.purpose, message.legal_basis, message.reference)
    _check_members(vault, caller, message.members)
    with vault.database.transaction():
        everybody = (caller.member_id, *message.members)
        case_id = register_of(vault, caller).add(caller, facts, everybody, ends_at, message.searches_a_day)
        if message.remember_key:
            answer = wire.Remember(message.remember_key, message.remember_digest, case_id.encode())
            remember(vault, caller.org_id, answer)
        vault.journal.save_anchor()
    entry = vault.journal.note(caller, "case.created", {"case": case_id, "ends_at": ends_at})
    return wire.CaseShown(case=_view(vault, caller, register_of(vault, caller).own(caller, case_id)), entry=entry)


def list_cases(vault: OpenVault, caller: Caller, message: wire.ListCases) -> wire.CasePage:
    """A page of the cases that the caller sees."""
    key = vault.shelf.cursor_key(caller.org_id)
    found = register_of(vault, caller).page(caller, start_of(key, "cases", message.cursor), message.limit)
    more = cursor_after(key, "cases", found[-1].number) if len(found) == message.limit else ""
    vault.journal.note_all(caller, naming("cases.listed", {}, {"cases": [one.case_id for one in found]}))
    return wire.CasePage(items=tuple(_view(vault, caller, one) for one in found), next_cursor=more)


def show_case(vault: OpenVault, caller: Caller, message: wire.ShowCase) -> wire.CaseShown:
    """One case."""
    return wire.CaseShown(case=_view(vault, caller, register_of(vault, caller).seen(caller, message.case_id)))


def change_case(vault: OpenVault, caller: Caller, message: wire.ChangeCase) -> wire.CaseShown:
    """Another end, other members, another limit."""
    register = register_of(vault, caller)
    case = register.changeable(caller, message.case_id)
    _check_members(vault, caller, message.add_members)
    ends_at = None
    if message.expires_at is not None:
        ends_at = _end(message.expires_at, rules.load(vault.database, caller.org_id))
    with vault.database.transaction():
        if ends_at is not None:
            register.set_end(case.case_id, ends_at)
        if message.searches_a_day is not None:
            register.set_limit(case.case_id, message.searches_a_day)
        register.remove_members(case.case_id, message.remove_members)
        register.add_members(caller.org_id, case.case_id, message.add_members)
        vault.journal.save_anchor()
    return wire.CaseShown(case=_after(vault, caller, case))


def close_case(vault: OpenVault, caller: Caller, message: wire.CloseCase) -> wire.CaseShown:
    """The end of a case. Closing it again is refused, so that its end stays what it was."""
    register = register_of(vault, caller)
    case = register.changeable(caller, message.case_id)
    with vault.database.transaction():
        register.set_end(case.case_id, clock.timestamp(), closed_by=caller.member_id)
        vault.journal.save_anchor()
    entry = vault.journal.note(caller, "case.closed", {"case": case.case_id})
    return wire.CaseShown(case=_after(vault, caller, case), entry=entry)


def register_of(vault: OpenVault, caller: Caller) -> Register:
    """The caller's organization's cases."""
    return Register(vault.database, vault.shelf.org_key(caller.org_id))


def _after(vault: OpenVault, caller: Caller, case: Case) -> wire.CaseView:
    """The case as it is now; whoever took themselves out of it sees it this once more."""
    return _view(vault, caller, register_of(vault, caller).by_id(caller.org_id, case.case_id))


def _view(vault: OpenVault, caller: Caller, case: Case) -> wire.CaseView:
    """A case as the caller may see it: its reference and searches are for its members."""
    is_member = caller.member_id in case.members
    today = clock.day_number()
    retention = rules.load(vault.database, caller.org_id).case_retention_days
    return wire.CaseView(
        case_id=CaseId(case.case_id),
        purpose=case.facts.purpose,
        legal_basis=case.facts.legal_basis,
        reference=case.facts.reference if is_member else "",
        members=tuple(MemberId(one) for one in case.members),
        created_by=MemberId(case.created_by),
        created_at=case.created_at,
        ends_at=case.ends_at,
        forget_at=clock.later(case.ends_at, days=retention),
        status="open" if case.is_open else "closed",
        searches_a_day=case.searches_a_day,
        searches_today=budgets.spent_on(vault.database, caller.org_id, "case", case.case_id, today)
        if is_member
        else None,
    )


def _end(untrusted_time: str | None, current: Rules) -> str:
    """When a case is over: as asked, within what the rules allow. Raises BadInput `invalid_request`."""
    latest = clock.timestamp(days=current.case_days)
    if untrusted_time is None:
        return latest
    ends_at = clock.parsed(untrusted_time)
    if not clock.timestamp() < ends_at <= latest:
        raise BadInput(Code.INVALID_REQUEST, f"a case ends in the future, within {current.case_days} days from now")
    return ends_at


def _check_members(vault: OpenVault, caller: Caller, untrusted_ids: Iterable[str]) -> None:
    """Raise BadInput `not_found` unless all are live members of the caller's organization."""
    for member_id in untrusted_ids:
        members.by_id(vault.database, caller.org_id, member_id)
