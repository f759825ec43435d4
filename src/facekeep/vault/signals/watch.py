"""Watching: what is counted where, the alarm that follows, and the response that the operator has set.

Called by handlers under the vault's lock. `see` inside their transaction; everything else outside of any.
"""

from collections.abc import Iterable, Sequence

from facekeep.errors import Code, FacekeepError, Refused
from facekeep.settings import Response
from facekeep.vault import clock
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.canaries import responses
from facekeep.vault.identity import Caller
from facekeep.vault.identity.sessions import Session
from facekeep.vault.journal import Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.signals import clients, coverage
from facekeep.vault.signals.coverage import TooMuchReadError
from facekeep.vault.wire import Cell

COVERAGE = "reading.coverage"
SEARCHES, CASE_SEARCHES, OPENS, LOW_SCORES, EXPORTS = "searches", "case_searches", "opens", "low_scores", "exports"
OFF_HOURS, NEW_CLIENT, WITNESS = "off_hours", "new_client", "witness_refused"
_ACTS = "acts"


def see_faces(vault: OpenVault, caller: Caller, collection: OpenCollection, faces: Iterable[int]) -> None:
    """Inside the transaction that releases them: these faces are shown to the caller. Raises TooMuchReadError."""
    if not collection.policy.evaluation:
        number = vault.shelf.view(collection).faces
        coverage.see(vault.database, caller.member_id, collection.number, number, faces, vault.signals)


def see_cells(vault: OpenVault, caller: Caller, cells: Sequence[Cell]) -> None:
    """Before they are opened: what these cells show is seen, durably. Raises TooMuchReadError."""
    shown = _counted(vault, caller, coverage.records_of(vault.database, cells))
    if not any(
        coverage.is_any_new(vault.database, caller.member_id, one.number, records, vault.signals)
        for one, records in shown
    ):
        return
    with vault.database.transaction():
        for collection, records in shown:
            see_faces(vault, caller, collection, records)
        vault.journal.save_anchor()


def _counted(
    vault: OpenVault, caller: Caller, shown: dict[int, set[int]]
) -> list[tuple[OpenCollection, set[int]]]:
    """Of the caller's own organization; another's records are refused when they are to be opened."""
    found = ((vault.shelf.by_number(number), records) for number, records in shown.items())
    return [(one, records) for one, records in found if one.org_id == caller.org_id and not one.policy.evaluation]


def count(vault: OpenVault, session: Session, kind: str, number: int, *, case_id: str = "") -> None:
    """So much of a kind is done now, by a member or in a case.

    Raises
    ------
    Refused
        `frozen`, where that is more than usual and the response is to freeze.
    """
    least = getattr(vault.signals, f"{kind}_an_hour")
    seen = vault.tallies.add(case_id or session.caller.member_id, kind, number, _hour())
    if seen.crosses(least, vault.signals.usual_factor):
        facts: Facts = {"member": session.caller.member_id}
        _alarm(vault, session, kind, facts | ({"case": case_id} if case_id else {}))


def note_act(vault: OpenVault, session: Session) -> None:
    """The caller does something now. Raises as `count` does."""
    member, hour = session.caller.member_id, _hour()
    is_first = vault.tallies.add(member, _ACTS, 1, hour).before == 0
    if is_first and vault.signals.off_hours and vault.tallies.is_off_hours(member, _ACTS, hour):
        _alarm(vault, session, OFF_HOURS, {"member": member})


def note_client(vault: OpenVault, session: Session, client_class: str) -> None:
    """The caller comes by this kind of client, where the server named one. Raises as `count` does."""
    member, key, today = session.caller.member_id, vault.credential_key, clock.day_number()
    if not client_class or clients.is_known(vault.database, key, member, client_class):
        return
    is_new = clients.is_new(vault.database, key, member, client_class, today)
    with vault.database.transaction():
        clients.remember(vault.database, key, member, client_class, today)
        vault.journal.save_anchor()
    if is_new and vault.signals.new_clients:
        _alarm(vault, session, NEW_CLIENT, {"member": member})


def after(vault: OpenVault, session: Session, error: FacekeepError) -> None:
    """What follows where an act ended with an error, after its transaction was taken back."""
    if isinstance(error, TooMuchReadError) and error.is_browsing:
        collection = vault.shelf.by_number(error.collection).collection_id
        facts: Facts = {"member": session.caller.member_id, "collection": collection, "limit": error.limit}
        raise_alarm(vault, f"signal.{COVERAGE}", facts, org_id=session.caller.org_id)
        responses.respond(vault, vault.signals.response_to(COVERAGE), session, f"signal.{COVERAGE}")


def _alarm(vault: OpenVault, session: Session, kind: str, facts: Facts) -> None:
    """The alarm, and what the operator has set. Raises Refused `frozen` where that stops the caller."""
    raise_alarm(vault, f"signal.{kind}", facts, org_id=session.caller.org_id)
    response = vault.signals.response_to(kind)
    responses.respond(vault, response, session, f"signal.{kind}")
    if response is not Response.NONE:
        raise Refused(Code.FROZEN, "this is stopped after an alarm, until two people have looked into it")


def _hour() -> int:
    return int(clock.now().timestamp() // 3_600)
