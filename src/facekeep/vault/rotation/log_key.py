"""A fresh key for the log's checkpoints; the old one signs who its heir is, and is destroyed.

The moment at which it happens is the commit. Before it the log's folder shows the last checkpoint signed by both keys,
so whichever key the database holds after a kill, the log opens. A handover that was signed and never kept leads to a
key that nobody has.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.vault.journal import KEEP
from facekeep.vault.keys import derive, wrap
from facekeep.vault.log_signing import verifier_key_of
from facekeep.vault.open_vault import LOG_KEY, OLDER_LOG_KEYS, OpenVault
from facekeep.vault.wire import LogKeyRotated


def rotate(vault: OpenVault) -> LogKeyRotated:
    """Under the vault's lock: the log's checkpoints are signed by a fresh key from now on.

    Raises
    ------
    Unavailable
        `disk_full`: the old key goes on. `log_unwritable`.
    """
    fresh = Ed25519PrivateKey.generate()
    heir = verifier_key_of(fresh, vault.log.verifier_key.partition("+")[0])
    entry = vault.journal.write(KEEP, "operator", "log_key.rotate", "done", {"key": heir.key_id.hex()})
    vault.settle()
    handover = vault.log.name_successor(fresh)
    with vault.database.transaction():
        wrapped = wrap(derive(vault.root, LOG_KEY), fresh.private_bytes_raw(), LOG_KEY)
        vault.database.run("UPDATE meta SET value = ? WHERE name = 'log_key'", wrapped)
        vault.database.run("INSERT INTO log_handovers (note) VALUES (?)", handover)
        known = "\n".join((*(key.text for key in vault.log.older_keys), vault.log.verifier_key))
        vault.database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", OLDER_LOG_KEYS, known.encode())
        vault.journal.save_anchor()
    vault.log.change_key(fresh)
    vault.database.forget_old_pages()
    return LogKeyRotated(entry=entry, verifier_key=heir.text, handover=handover)
