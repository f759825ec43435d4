"""An organization's rules, read by everybody in it and set by its admins."""

from facekeep.vault import wire
from facekeep.vault.acts.shared import collection_of
from facekeep.vault.identity import Caller, rules
from facekeep.vault.identity.callers import Way
from facekeep.vault.open_vault import OpenVault


def show_rules(vault: OpenVault, caller: Caller, _message: wire.ShowRules) -> wire.RulesShown:
    """The rules as they are now."""
    return wire.RulesShown(rules=rules.load(vault.database, caller.org_id))


def set_rules(vault: OpenVault, caller: Caller, message: wire.SetRules) -> wire.RulesShown:
    """Other rules, from now on. A collection they name must be the organization's; sessions they forbid end at once."""
    for collection_id in message.rules.approval_collections:
        collection_of(vault, caller, collection_id)
    with vault.database.transaction():
        rules.save(vault.database, caller.org_id, message.rules)
        vault.journal.save_anchor()
    if not message.rules.password_sign_in:
        vault.sessions.end_where(lambda one: one.org_id == caller.org_id and one.way is Way.PASSWORD)
    entry = vault.journal.note(caller, "rules.changed", {"fields": " ".join(_changed(message.rules))})
    return wire.RulesShown(rules=rules.load(vault.database, caller.org_id), entry=entry)


def _changed(chosen: wire.Rules) -> list[str]:
    """The names of what differs from the defaults."""
    usual = wire.Rules()
    return [name for name in chosen.__struct_fields__ if getattr(chosen, name) != getattr(usual, name)]
