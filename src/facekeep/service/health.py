"""One word on the vault's state, for everybody. Imports little, so that the server can say it from its first moment."""

from facekeep.errors import Code, FacekeepError
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import GetStatus, Status

__all__ = ["VaultClient", "vault_state"]


def vault_state(vault: VaultClient) -> str:
    """One word: open, waiting (for the disk of the log), sealed, uninitialized or unreachable."""
    try:
        return vault.call(GetStatus(), Status).state
    except FacekeepError as error:
        if error.code is Code.VAULT_UNREACHABLE:
            return "unreachable"
        raise
