"""The operator's acts on decoys: listing them, touching them in a drill, and replacing them."""

from collections.abc import Iterator
from contextlib import suppress

from facekeep.errors import FacekeepError
from facekeep.terms import SessionToken
from facekeep.vault import dispatch, wire
from facekeep.vault.canaries import arming
from facekeep.vault.canaries.register import Canary, Kind
from facekeep.vault.canaries.touches import DRILL
from facekeep.vault.identity import EVERY_ROLE, Caller
from facekeep.vault.journal import KEEP
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire import Message


def list_canaries(vault: OpenVault, message: wire.ListCanaries) -> wire.CanaryList:
    """Every decoy, and which kinds wait to be placed."""
    entry = vault.journal.write(KEEP, "operator", "canary.list", "done", {})
    return _list(vault, entry, retired=message.retired)


def touch_all(vault: OpenVault, _message: wire.TestCanaries) -> wire.CanaryList:
    """Touches by the messages that a thief's server would send, each an alarm that is marked as a drill."""
    entry = vault.journal.write(KEEP, "operator", "canary.test", "done", {})
    vault.canaries.drill.expect(vault.canaries.live())
    (owner,) = vault.canaries.live(Kind.ORGANIZATION) or (None,)
    stranger = _session(vault, KEEP)
    insider = stranger if owner is None else _session(vault, owner.thing)
    for canary in vault.canaries.live():
        for message in _touching(vault, canary, insider if canary.kind is Kind.LOG_ENTRY else stranger):
            with suppress(FacekeepError):
                dispatch.answer(vault, message)
    vault.sessions.end_where(lambda caller: caller.credential == DRILL)
    return _list(vault, entry, retired=False)


def rotate_canaries(vault: OpenVault, _message: wire.RotateCanaries) -> wire.CanaryList:
    """Fresh decoys; a collection and its block follow with the next housekeeping of the server's."""
    entry = vault.journal.write(KEEP, "operator", "canary.rotate", "done", {})
    arming.rotate(vault)
    return _list(vault, entry, retired=False)


def _session(vault: OpenVault, org_id: str) -> SessionToken:
    return vault.sessions.open(Caller(org_id, DRILL, "", DRILL, EVERY_ROLE))


def _touching(vault: OpenVault, canary: Canary, session: SessionToken) -> Iterator[Message]:
    """The message by which somebody would touch this decoy; none for a file."""
    thing = canary.thing
    if canary in arming.files_of(vault):
        return
    match canary.kind:
        case Kind.ORGANIZATION:
            yield wire.ChooseOrganization(session=session, organization_id=thing)
        case Kind.MEMBER:
            yield wire.EndSessions(session=session, member_id=thing)
        case Kind.API_KEY | Kind.CONFIGURATION_SECRET:
            yield wire.Authenticate(untrusted_credential=f"fk_{thing}_{'a' * 52}")
        case Kind.PASSKEY:
            yield wire.FinishSignIn(ticket=bytes(56), assertion=_assertion(vault, thing))
        case Kind.COLLECTION:
            yield wire.ShowCollection(session=session, collection_id=thing)
        case Kind.BLOCK:
            yield wire.GarbageGone(cell_ids=(), block_ids=(thing,))  # type: ignore[arg-type]
        case Kind.LOG_ENTRY:
            yield wire.ReadLog(session=session, start=0, limit=1)


def _assertion(vault: OpenVault, passkey_id: str) -> wire.Assertion:
    """What somebody without the private half could send."""
    row = vault.database.row("SELECT credential_id FROM passkeys WHERE passkey_id = ?", passkey_id) or (b"",)
    return wire.Assertion(
        credential_id=row[0], client_data_json=b"{}", authenticator_data=bytes(37), signature=bytes(70), user_handle=b""
    )


def _list(vault: OpenVault, entry: int, *, retired: bool) -> wire.CanaryList:
    shown = vault.canaries.all() if retired else tuple(vault.canaries.live())
    there = {one.kind for one in vault.canaries.live()}
    missing = tuple(kind.value for kind in Kind if kind not in there)
    return wire.CanaryList(items=tuple(_view(vault, one) for one in shown), missing=missing, entry=entry)


def _view(vault: OpenVault, one: Canary) -> wire.CanaryView:
    is_file = "." in one.thing
    return wire.CanaryView(
        canary_id=one.canary_id,
        kind=one.kind.value,
        thing=one.thing,
        made_at=one.made_at,
        retired_at=one.retired_at,
        is_file=is_file,
        is_watched=is_file and one.thing in vault.surroundings.watch.names,
    )
