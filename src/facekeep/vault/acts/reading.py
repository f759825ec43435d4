"""Leave to read more of a collection than anybody may: the operator gives it, and so is the second person."""

from facekeep.errors import BadInput, Code
from facekeep.terms import CollectionId
from facekeep.vault import clock, wire
from facekeep.vault.freezes import OPERATOR
from facekeep.vault.identity import members
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.signals import coverage


def allow_reading(vault: OpenVault, message: wire.AllowReading) -> wire.Done:
    """A member reads one collection without being counted, for some hours. Raises BadInput `not_found`."""
    sql = "SELECT org_id FROM members WHERE member_id = ? AND removed_at IS NULL"
    (org_id,) = vault.database.row(sql, message.member_id) or ("",)
    if not org_id:
        raise BadInput(Code.NOT_FOUND, "no such member")
    member = members.by_id(vault.database, org_id, message.member_id)
    collection = vault.shelf.collection(CollectionId(message.collection_id), org_id)
    facts: Facts = {"member": member.member_id, "collection": collection.collection_id, "hours": message.hours}
    vault.journal.write(org_id, OPERATOR, "reading.allowed", "done", facts)
    entry = vault.journal.write(KEEP, OPERATOR, "reading.allow", "done", facts)
    with vault.database.transaction():
        ends_at = clock.timestamp(hours=message.hours)
        coverage.allow(vault.database, member.member_id, collection.number, ends_at)
        vault.journal.save_anchor()
    return wire.Done(entry=entry)
