"""Somebody touched a decoy: the alarm with its entry, then what the policy says, then the answer as for anything else.

Every message of the server's is looked at before it is handled, by the names in it and by whose session it came with.
Whoever asks is told nothing: another organization's thing is not found, a decoy's key unknown, as if there were no
decoys. Only where the policy is `none` the decoy's key opens the decoy organization, to watch what somebody does there.
"""

from dataclasses import dataclass

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.vault import wire
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.canaries import responses
from facekeep.vault.canaries.naming import names_in
from facekeep.vault.canaries.register import Canary, Kind
from facekeep.vault.identity.sessions import Session
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire import Message

_LOG = (wire.ReadLog, wire.BeginExport, wire.ReadExport, wire.ProveEntry)
_UNKNOWN = "fk_"
DRILL = "drill"  # the credential of sessions that the vault opens for a drill; no other is called so


@dataclass(frozen=True, slots=True)
class Touch:
    """A decoy, what was done, and by whose session where there was one."""

    canary: Canary
    act: str
    session: Session | None = None


def look_at(vault: OpenVault, message: Message) -> Message:
    """The message as it is to be handled: the same, unless it would sign somebody in with a decoy's key.

    Raises
    ------
    FacekeepError
        An alarm that cannot be written: nothing is answered then.
    """
    session = vault.sessions.peek(getattr(message, "session", None) or "")
    touched = _touched(vault, message, session)
    if not touched:
        return message
    with vault.lock:
        vault.refuse_when_closed()
        for canary in touched:
            tell(vault, Touch(canary, type(message).__name__, session))
    if isinstance(message, wire.Authenticate) and vault.surroundings.settings.response != responses.NONE:
        return msgspec.structs.replace(message, untrusted_credential=_UNKNOWN)
    return message


def tell(vault: OpenVault, touch: Touch) -> None:
    """Raise the alarm, marked where a drill expected it, and respond to any other. Under the vault's lock."""
    is_drill = _is_drill(vault, touch)
    response = responses.NONE if is_drill else vault.surroundings.settings.response
    raise_alarm(
        vault,
        f"canary.{touch.canary.kind}",
        _facts(touch) | {"response": response},
        org_id=_concerned(vault, touch),
        is_drill=is_drill,
    )
    responses.respond(vault, response, touch.session, f"canary.{touch.canary.kind}")


def refuse_operator(vault: OpenVault, message: Message) -> None:
    """Raise BadInput `not_found` for an operator's message that names a decoy, with the alarm: it may be a thief's."""
    touched = _touched(vault, message, None)
    for canary in touched:
        tell(vault, Touch(canary, type(message).__name__))
    if touched:
        raise BadInput(Code.NOT_FOUND, "there is nothing of that name")


def _is_drill(vault: OpenVault, touch: Touch) -> bool:
    if touch.session is not None:
        return touch.session.caller.credential == DRILL
    return vault.canaries.drill.takes(touch.canary)


def _touched(vault: OpenVault, message: Message, session: Session | None) -> list[Canary]:
    """The decoys that a message names, and those that a session of a decoy organization reaches; each kind once."""
    if isinstance(message, wire.Reseal):
        return []  # cells that the vault asked for; without a job of the vault's there is no answer
    found = [vault.canaries.named(name) for name in names_in(message)]
    if isinstance(message, wire.GarbageGone) and any(found):
        found = _not_garbage(vault, message)
    if session is not None and vault.canaries.is_decoy(session.caller.org_id):
        found += _reached(vault, message, session.caller.org_id)
    return list({one.kind: one for one in found if one is not None}.values())


def _not_garbage(vault: OpenVault, message: wire.GarbageGone) -> list[Canary | None]:
    """Decoys among what the store says it deleted, but for those that it was told to delete."""
    with vault.lock:
        vault.refuse_when_closed()
        named = [name for name in (*message.cell_ids, *message.block_ids) if vault.canaries.named(name)]
        wrong = [one for one in named if not vault.database.row("SELECT 1 FROM garbage WHERE id = ?", one)]
    return [one for one in map(vault.canaries.named, wrong) if one is not None and one.retired_at is None]


def _reached(vault: OpenVault, message: Message, org_id: str) -> list[Canary | None]:
    found = [vault.canaries.named(org_id)]
    if isinstance(message, _LOG):
        found.append(vault.canaries.named(f"{org_id}/log"))
    if isinstance(message, wire.GrantSearch):
        found += vault.canaries.live(Kind.BLOCK)
    return found


def _facts(touch: Touch) -> Facts:
    facts: Facts = {"canary": touch.canary.canary_id, "act": touch.act, "retired": touch.canary.retired_at is not None}
    if touch.session is not None:
        caller = touch.session.caller
        facts |= {"member": caller.member_id, "credential": caller.credential}
    return facts


def _concerned(vault: OpenVault, touch: Touch) -> str:
    """The customer whose member it was; nobody's where there was no session, or a decoy's own."""
    if touch.session is None or vault.canaries.is_decoy(touch.session.caller.org_id):
        return KEEP
    return touch.session.caller.org_id
