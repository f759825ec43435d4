"""What several handlers do the same way."""

from facekeep.terms import CollectionId
from facekeep.vault import wire
from facekeep.vault.clock import day_number
from facekeep.vault.identity import Caller
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import OpenCollection

BACKUP_HORIZON_HOURS = 24
ANSWER_DAYS = 1


def collection_of(vault: OpenVault, caller: Caller, collection_id: str) -> OpenCollection:
    """The caller's collection. Raises BadInput `not_found`, for another organization's too."""
    return vault.shelf.collection(CollectionId(collection_id), caller.org_id)


def remember(vault: OpenVault, org_id: str, answer: wire.Remember) -> None:
    """Inside a transaction: keep an answer for its idempotency key, and drop the old ones."""
    today = day_number()
    vault.database.run("DELETE FROM answers WHERE day < ?", today - ANSWER_DAYS)
    vault.database.run(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)",
        org_id,
        answer.key,
        answer.request_digest,
        answer.response,
        today,
    )
