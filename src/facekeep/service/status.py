"""How the keep is: whether the vault is open, which model runs, what is mapped, the newest checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

from facekeep import __version__
from facekeep.service.keep import Keep
from facekeep.service.log import newest_checkpoint
from facekeep.terms import ModelContract
from facekeep.vault.wire import Checkpoint, GetStatus
from facekeep.vault.wire import Status as VaultStatus


@dataclass(frozen=True, slots=True)
class MappedIndex:
    """How much of the sealed index this server has mapped: blocks of every organization together."""

    mapped_blocks: int
    mapped_bytes: int


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the keep. `trial` is true while a key file unseals it, which protects nothing at rest."""

    state: str
    version: str
    model: ModelContract
    licenses: Mapping[str, str]
    unseal_method: str
    trial: bool
    quarantined: bool
    index: MappedIndex
    checkpoint: Checkpoint


def status(keep: Keep) -> Status:
    """The state of the keep, for a caller who has a session."""
    vault = keep.vault.call(GetStatus(), VaultStatus)
    return Status(
        state=vault.state,
        version=__version__,
        model=keep.faces.contract,
        licenses=keep.faces.licenses,
        unseal_method=vault.method,
        trial=vault.method == "key_file",
        quarantined=vault.quarantined,
        index=MappedIndex(keep.search.mapped_blocks, keep.search.mapped_bytes),
        checkpoint=newest_checkpoint(keep),
    )
