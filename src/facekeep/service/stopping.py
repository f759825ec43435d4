"""What an operator stops at the vault's own door, whoever's it is: freezing, ending, and sealing in a panic."""

from facekeep.service.administration import ask
from facekeep.settings import Settings
from facekeep.vault.wire import AllowReading, Done, End, Freeze, LiftSaid, Panic, Unfreeze

KINDS = ("session", "key", "member", "organization")


def freeze(settings: Settings, *, kind: str, subject_id: str) -> int:
    """Stop it at once; returns the log entry. Raises BadInput `not_found`."""
    return ask(settings, Freeze(kind=kind, subject_id=subject_id), Done).entry


def unfreeze(settings: Settings, *, kind: str, subject_id: str) -> tuple[bool, int]:
    """The operator's word that it may go on: whether it does now, and the log entry. Raises BadInput `not_found`."""
    said = ask(settings, Unfreeze(kind=kind, subject_id=subject_id), LiftSaid)
    return said.is_lifted, said.entry


def end(settings: Settings, *, kind: str, subject_id: str) -> int:
    """End it everywhere, for good; returns the log entry. Raises BadInput `not_found`."""
    return ask(settings, End(kind=kind, subject_id=subject_id), Done).entry


def allow_reading(settings: Settings, *, member_id: str, collection_id: str, hours: int) -> int:
    """Let a member read a collection without being counted; returns the log entry. Raises BadInput `not_found`."""
    return ask(settings, AllowReading(member_id=member_id, collection_id=collection_id, hours=hours), Done).entry


def panic(settings: Settings) -> None:
    """Seal, whatever the vault is doing and whether its disk answers or not."""
    ask(settings, Panic(), Done)
