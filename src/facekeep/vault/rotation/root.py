"""A fresh root key, a fresh key of the database, and a fresh secret that opens the vault.

Invariant: `seal.json` names the database that counts. The copy under the new key is complete and durable before
`seal.json` is replaced in one step; so whenever the process is killed, the old secret opens the old file, or the new
one the new file. Requests wait meanwhile, and none is lost: what is in memory stays.
"""

import time

from facekeep.vault import carried, files, seal
from facekeep.vault.database import Database
from facekeep.vault.journal import KEEP, Facts, entries_purpose
from facekeep.vault.keys import derive, unwrap, wrap
from facekeep.vault.open_vault import LOG_KEY, OpenVault
from facekeep.vault.seal import SealFile
from facekeep.vault.shelf import ORGANIZATIONS
from facekeep.vault.wire import RootRotated

_SECOND_FACTORS = "second factors"
_CARRIED = ("credentials", entries_purpose(KEEP))


def rotate(vault: OpenVault, fresh: SealFile, root: bytes) -> RootRotated:
    """Under the vault's lock: from now on `root` is the root key, as `fresh` seals it.

    Raises
    ------
    Unavailable
        `disk_full`: there is no room for a second database. Everything is as it was, but for the entry.
    """
    started = time.monotonic()
    facts: Facts = {"method": fresh.method, "rotation": fresh.generation}
    entry = vault.journal.write(KEEP, "operator", "root.rotate", "done", facts)
    files.remove(vault.folder, fresh.generation)
    copy = _prepared(vault, fresh.generation, root)
    seal.save(vault.folder, fresh)
    vault.move_to(copy, root, fresh.generation)
    return RootRotated(entry=entry, pause_ms=round(1000 * (time.monotonic() - started)))


def _prepared(vault: OpenVault, generation: int, root: bytes) -> Database:
    """A copy of the database in which everything that hung on the old root key hangs on the new one."""
    with vault.database.transaction():
        vault.journal.save_anchor()
    path = files.database_path(vault.folder, generation)
    try:
        copy = vault.database.copy_to(path, files.database_key(root))
        with copy.transaction():
            _hang(copy, vault.root, root)
            carried.begin_generation(copy, KEEP, root, entries_purpose(KEEP), vault.journal.next_number(KEEP))
        copy.forget_old_pages()
    except BaseException:
        files.remove(vault.folder, generation)
        raise
    return copy


def _hang(copy: Database, old: bytes, new: bytes) -> None:
    carried.carry(copy, KEEP, old, new, _CARRIED)
    for org_id, wrapped in copy.rows("SELECT org_id, wrapped_key FROM organizations"):
        again = _rewrapped(wrapped, derive(old, ORGANIZATIONS), derive(new, ORGANIZATIONS), org_id)
        copy.run("UPDATE organizations SET wrapped_key = ? WHERE org_id = ?", again, org_id)
    for (wrapped,) in copy.rows("SELECT value FROM meta WHERE name = 'log_key'"):
        again = _rewrapped(wrapped, derive(old, LOG_KEY), derive(new, LOG_KEY), LOG_KEY)
        copy.run("UPDATE meta SET value = ? WHERE name = 'log_key'", again)
    _renew_second_factors(copy, old, new)


def _renew_second_factors(copy: Database, old: bytes, new: bytes) -> None:
    """Nothing but second factors hangs on their key, so it is made anew."""
    before = carried.carried(copy, KEEP, old, _SECOND_FACTORS)
    copy.run("DELETE FROM carried_keys WHERE org_id = ? AND purpose = ?", KEEP, _SECOND_FACTORS)
    carried.begin_generation(copy, KEEP, new, _SECOND_FACTORS, since=0)
    after = carried.carried(copy, KEEP, new, _SECOND_FACTORS)
    for account_id, wrapped in copy.rows("SELECT account_id, totp FROM passwords"):
        again = _rewrapped(wrapped, before, after, account_id)
        copy.run("UPDATE passwords SET totp = ? WHERE account_id = ?", again, account_id)


def _rewrapped(wrapped: bytes, old: bytes, new: bytes, context: str) -> bytes:
    return wrap(new, unwrap(old, wrapped, context), context)
