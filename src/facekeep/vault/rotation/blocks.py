"""Fresh secrets for live blocks, by the job that seals blocks anew after a forget.

Asking marks the blocks; the server brings their templates one block after another, and each commit destroys an old
secret. What is left when something is killed stays marked. Scores stay what they were: noise belongs to faces.
"""

from facekeep.vault.database import Database
from facekeep.vault.identity import organizations
from facekeep.vault.journal import KEEP
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire import DueBlocks


def ask(vault: OpenVault, org_id: str) -> DueBlocks:
    """Under the vault's lock: every live block of the organization, of all where it is empty, is due.

    Raises
    ------
    BadInput
        `not_found`: there is no such organization.
    """
    if org_id:
        organizations.name_of(vault.database, org_id)
    entry = vault.journal.write(KEEP, "operator", "blocks.rotate", "done", {"organization": org_id or None})
    with vault.database.transaction():
        vault.database.run(
            "UPDATE blocks SET is_due = 1 WHERE collection IN"
            " (SELECT number FROM collections WHERE org_id = ? OR ? = '')",
            org_id,
            org_id,
        )
        vault.journal.save_anchor()
    return DueBlocks(blocks=count(vault.database), entry=entry)


def count(database: Database) -> int:
    """How many blocks are due."""
    (due,) = database.row("SELECT count(*) FROM blocks WHERE is_due") or (0,)
    return int(due)
