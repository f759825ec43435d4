"""A fresh key for an organization: everything that was sealed under the old one is sealed under the new one at once.

Its collections keep their own keys, and with them noise and check vector: fresh noise for the same faces would let
whoever asks twice average it away (`docs/sealed-index.md`). Older entries of the log stay under the keys they have.
"""

from typing import NamedTuple

from facekeep.vault import carried
from facekeep.vault.database import Database
from facekeep.vault.identity import organizations
from facekeep.vault.journal import KEEP, entries_purpose
from facekeep.vault.keys import derive, fresh_key, unwrap, wrap
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import ORGANIZATIONS


class Sealed(NamedTuple):
    """A column that is sealed under an organization's key: `label` derives the key, empty for the key itself.

    `context` is the SQL of what is authenticated with it.
    """

    table: str
    column: str
    label: str
    context: str


_LEAD = "(SELECT lead_id FROM leads WHERE leads.number = lead)"
SEALED = (
    Sealed("collections", "wrapped_key", "", "collection_id"),
    Sealed("cases", "wrapped_facts", "cases", "case_id"),
    Sealed("approvals", "wrapped_reason", "approvals", "approval_id"),
    Sealed("leads", "wrapped_facts", "leads", "lead_id"),
    Sealed("lead_decisions", "wrapped_reason", "leads", f"{_LEAD} || '/' || round"),
    Sealed("lead_reveals", "wrapped_reason", "leads", _LEAD),
    Sealed("standing_searches", "wrapped_probe", "standing probes", "standing_id"),
    Sealed("standing_searches", "wrapped_reason", "standing searches", "standing_id"),
    Sealed("webhooks", "wrapped_url", "webhooks", "'url ' || webhook_id"),
    Sealed("webhooks", "wrapped_secret", "webhooks", "'secret ' || webhook_id"),
)
"""Every column that an organization's key opens. `tests/vault/test_rotation.py` compares it with the tables."""

_CARRIED = (entries_purpose("an organization"), "sketches", "listings")


def rotate(vault: OpenVault, org_id: str) -> int:
    """Under the vault's lock: give the organization a fresh key; returns the entry of the keep's own.

    Raises
    ------
    BadInput
        `not_found`: there is no such organization.
    """
    organizations.name_of(vault.database, org_id)
    entry = vault.journal.write(KEEP, "operator", "organization.rotate", "done", {"organization": org_id})
    vault.journal.write(org_id, "operator", "organization.rotated", "done", {})
    old, new = vault.shelf.org_key(org_id), fresh_key()
    with vault.database.transaction():
        _seal_again(vault.database, org_id, old, new)
        carried.carry(vault.database, org_id, old, new, _CARRIED)
        since = vault.journal.next_number(org_id)
        carried.begin_generation(vault.database, org_id, new, entries_purpose(org_id), since)
        wrapped = wrap(derive(vault.root, ORGANIZATIONS), new, org_id)
        vault.database.run("UPDATE organizations SET wrapped_key = ? WHERE org_id = ?", wrapped, org_id)
        vault.journal.save_anchor()
    vault.change_org_key(org_id, new)
    return entry


def _seal_again(database: Database, org_id: str, old: bytes, new: bytes) -> None:
    def again(label: str, wrapped: bytes | None, context: str) -> bytes | None:
        if wrapped is None:
            return None
        before, after = (derive(key, label) if label else key for key in (old, new))
        return wrap(after, unwrap(before, wrapped, context), context)

    with database.function("sealed_again", again):
        for one in SEALED:
            database.run(
                f"UPDATE {one.table} SET {one.column} = sealed_again(?, {one.column}, {one.context})"  # noqa: S608
                " WHERE org_id = ?",
                one.label,
                org_id,
            )
