"""An organization's own entries with what an outsider needs to open them, check them, and see that none is missing.

The act of exporting is itself an entry, the last one of its export: an export that ends earlier shows that it does.
"""

from facekeep.errors import BadInput, Code, Refused
from facekeep.vault import wire
from facekeep.vault.acts.reading_log import checked_size
from facekeep.vault.identity import Caller
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.signals import watch

EXPORT_ACT = "log.export"


def begin_export(vault: OpenVault, caller: Caller, message: wire.BeginExport) -> wire.Done:
    """The number of the entry just written for this act, which the export ends with once a checkpoint covers it."""
    entry = vault.journal.last_number(caller.org_id)
    watch.count(vault, vault.sessions.find(message.session), watch.EXPORTS, entry + 1)
    return wire.Done(entry=entry)


def read_export(vault: OpenVault, caller: Caller, message: wire.ReadExport) -> wire.ExportPage:
    """A page of an export that was begun; its own entry covers the reading."""
    if not caller.may(EXPORT_ACT, caller.roles):
        raise Refused(Code.FORBIDDEN, "this is not for this key")
    found_last, _ = vault.journal.read(caller.org_id, message.entry, 1)
    if not found_last or found_last[0].act != EXPORT_ACT:
        raise BadInput(Code.NOT_FOUND, "no such export")
    size = checked_size(vault, caller, message.entry, message.size)
    end = min(message.start + message.limit, message.entry + 1)
    found = vault.journal.exported(caller.org_id, message.start, max(0, end - message.start))
    return wire.ExportPage(
        note=vault.log.checkpoint(),
        size=size,
        entries=tuple(
            wire.ExportedEntry(index=place, leaf=leaf, key=key, hashes=vault.log.prove_inclusion(place, size))
            for place, leaf, key in found
        ),
        next_start=end if end <= message.entry else None,
    )
