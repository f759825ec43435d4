"""The log as its organization and as anyone may see it."""

from facekeep.errors import BadInput, Code
from facekeep.ledger.tree import leaf_hash
from facekeep.vault import wire
from facekeep.vault.identity import Caller
from facekeep.vault.open_vault import OpenVault


def read_log(vault: OpenVault, caller: Caller, message: wire.ReadLog) -> wire.LogPage:
    """Entries of the caller's organization."""
    entries, next_start = vault.journal.read(caller.org_id, message.start, message.limit)
    return wire.LogPage(entries=tuple(entries), next_start=next_start)


def get_checkpoint(vault: OpenVault, _message: wire.GetCheckpoint) -> wire.Checkpoint:
    """The newest signed checkpoint."""
    return wire.Checkpoint(note=vault.log.checkpoint(), verifier_key=vault.log.verifier_key)


def prove_entry(vault: OpenVault, message: wire.ProveEntry) -> wire.Proof:
    """That an entry is in the tree."""
    size = message.size or vault.log.size
    if not message.index < size <= vault.log.size:
        raise BadInput(Code.NOT_FOUND, f"no entry {message.index} in a tree of {size}")
    return wire.Proof(
        hashes=tuple(vault.log.prove_inclusion(message.index, size)),
        size=size,
        leaf_hash=leaf_hash(vault.log.leaf(message.index)),
    )


def prove_consistency(vault: OpenVault, message: wire.ProveConsistency) -> wire.Proof:
    """That the newer tree extends the older one."""
    new = message.new_size or vault.log.size
    if not 0 <= message.old_size <= new <= vault.log.size:
        raise BadInput(Code.NOT_FOUND, f"no trees of {message.old_size} and {new} entries")
    hashes = () if message.old_size == 0 else tuple(vault.log.prove_consistency(message.old_size, new))
    return wire.Proof(hashes=hashes, size=new)
