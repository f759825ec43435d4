"""The log as its organization and as anyone may see it: up to the newest published checkpoint, never beyond."""

from facekeep.errors import BadInput, Code, Unavailable
from facekeep.ledger.tree import leaf_hash
from facekeep.vault import wire
from facekeep.vault.identity import Caller
from facekeep.vault.open_vault import OpenVault


def read_log(vault: OpenVault, caller: Caller, message: wire.ReadLog) -> wire.LogPage:
    """Entries of the caller's organization."""
    newest = max(0, vault.journal.count(caller.org_id) - message.limit)
    start = newest if message.start is None else message.start
    entries, next_start = vault.journal.read(caller.org_id, start, message.limit)
    return wire.LogPage(entries=tuple(entries), next_start=next_start)


def get_checkpoint(vault: OpenVault, _message: wire.GetCheckpoint) -> wire.Checkpoint:
    """The newest published checkpoint."""
    return vault.checkpoint()


def prove_entry(vault: OpenVault, caller: Caller, message: wire.ProveEntry) -> wire.Proof:
    """That an entry of the caller's organization is in the tree."""
    size = checked_size(vault, caller, message.entry, message.size)
    place = vault.journal.place(caller.org_id, message.entry)
    return wire.Proof(
        hashes=tuple(vault.log.prove_inclusion(place, size)),
        size=size,
        leaf_hash=leaf_hash(vault.log.leaf(place)),
        index=place,
    )


def checked_size(vault: OpenVault, caller: Caller, entry: int, size: int) -> int:
    """The published size to prove in, the newest for 0; it must cover the organization's `entry`.

    Raises
    ------
    BadInput
        `not_found`: no such entry, or no such tree was published.
    Unavailable
        `not_yet_published`: the entry came later.
    """
    published = vault.log.published_size
    place = vault.journal.place(caller.org_id, entry)
    if size > published:
        raise BadInput(Code.NOT_FOUND, f"no tree of {size} entries was published")
    if place >= (size or published):
        raise Unavailable(Code.NOT_YET_PUBLISHED, f"entry {entry} is durable, but in a later checkpoint")
    return size or published


def prove_consistency(vault: OpenVault, message: wire.ProveConsistency) -> wire.Proof:
    """That the newer tree extends the older one."""
    published = vault.log.published_size
    new = message.new_size or published
    if not 0 <= message.old_size <= new <= published:
        raise BadInput(Code.NOT_FOUND, f"no trees of {message.old_size} and {new} entries")
    hashes = () if message.old_size == 0 else tuple(vault.log.prove_consistency(message.old_size, new))
    return wire.Proof(hashes=hashes, size=new)
