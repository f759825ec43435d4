"""What an operator does at an open vault: organizations, first keys, score tables, quarantine.

Organizations are made, listed and destroyed here and nowhere else: no message of the server's can do it. Every act is
an entry of the keep's own log, written before the act.
"""

from collections.abc import Callable
from typing import Any

from facekeep.errors import BadInput, Code
from facekeep.terms import OrganizationId, Role
from facekeep.vault import alarm_register, examination, forget, wire
from facekeep.vault.acts import alarms, canaries, freezing, reading, reading_log
from facekeep.vault.backup import making
from facekeep.vault.canaries import touches
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.identity import api_keys, invitations, members, organizations
from facekeep.vault.identity.api_keys import Limits
from facekeep.vault.incidents import acts as incidents
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.rotation import operations as rotating
from facekeep.vault.wire import Message

_INVITATION_HOURS = 72


def answer(vault: OpenVault, message: Message) -> Message:
    """The answer to a message of the operator's at an open vault. Raises BadInput `invalid_request` for any other."""
    handler = _HANDLERS.get(type(message))
    if handler is None:
        raise BadInput(Code.INVALID_REQUEST, "not a message of the operator's")
    touches.refuse_operator(vault, message)
    return handler(vault, message)


def _get_checkpoint(vault: OpenVault, _message: wire.GetCheckpoint) -> wire.Checkpoint:
    return vault.checkpoint()


def _clear_quarantine(vault: OpenVault, _message: wire.ClearQuarantine) -> wire.Done:
    entry = _note(vault, "quarantine.clear", {})
    vault.clear_quarantine()
    return wire.Done(entry=entry)


def _install_score_table(vault: OpenVault, message: wire.InstallScoreTable) -> wire.Done:
    name = vault.install_score_table(message.table)
    return wire.Done(entry=_note(vault, "scores.install", {"model": name}))


def _issue_api_key(vault: OpenVault, message: wire.IssueApiKey) -> wire.ApiKeyIssued:
    org_id = message.organization_id or _only_organization(vault)
    admin = first_admin(vault, org_id)
    _note(vault, "key.issue", {"organization": org_id, "revoke_others": message.revoke_others})
    older = api_keys.live_keys_of(vault.database, admin) if message.revoke_others else []
    with vault.database.transaction():
        api_keys.revoke(vault.database, older)
        made = api_keys.issue(vault.database, vault.credential_key, admin, Limits(name="issued at the vault"))
        vault.journal.save_anchor()
    vault.sessions.end_where(lambda caller: caller.credential in older)
    return wire.ApiKeyIssued(api_key=made.text)


def _add_organization(vault: OpenVault, message: wire.AddOrganization) -> wire.OrganizationAdded:
    _note(vault, "organization.add", {"program": message.is_program})
    with vault.database.transaction():
        org_id = OrganizationId(vault.add_organization(message.name))
        added = _with_admin(vault, org_id, message)
        vault.journal.save_anchor()
    vault.journal.write(org_id, "operator", "organization.added", "done", {})
    return added


def _with_admin(vault: OpenVault, org_id: OrganizationId, message: wire.AddOrganization) -> wire.OrganizationAdded:
    if message.is_program:
        member_id = members.add(vault.database, org_id, message.admin, Role)
        key = api_keys.issue(vault.database, vault.credential_key, member_id, Limits(name="first key"))
        return wire.OrganizationAdded(organization_id=org_id, api_key=key.text)
    code = invitations.make(
        vault.database, vault.credential_key, org_id, message.admin, Role, "operator", _INVITATION_HOURS
    )
    return wire.OrganizationAdded(organization_id=org_id, invitation=code.text)


def _list_organizations(vault: OpenVault, message: wire.ListOrganizations) -> wire.OrganizationPage:
    _note(vault, "organization.list", {})
    start = start_of(vault.credential_key, "organizations", message.cursor)
    found = organizations.page(vault.database, start, message.limit)
    more = cursor_after(vault.credential_key, "organizations", found[-1].number) if len(found) == message.limit else ""
    views = (wire.OrganizationView(OrganizationId(one.org_id), one.name, one.members, one.created_at) for one in found)
    return wire.OrganizationPage(items=tuple(views), next_cursor=more)


def _shred_organization(vault: OpenVault, message: wire.ShredOrganization) -> wire.Done:
    """Galleries first, then the key and every name. What the store still holds of it is garbage that nobody opens."""
    org_id = message.organization_id
    if organizations.name_of(vault.database, org_id) != message.expected_name:
        raise BadInput(Code.CONFLICT, "the organization has another name")
    entry = _note(vault, "organization.shred", {"organization": org_id})
    shred(vault, org_id)
    return wire.Done(entry=entry)


def shred(vault: OpenVault, org_id: str) -> int:
    """Destroy an organization, after the entry that says so; how many faces it had. None where there is no such one."""
    faces = 0
    collections = vault.shelf.page(org_id, 0, limit=-1)
    with vault.database.transaction():
        for collection in collections:
            faces += forget.forget_collection(vault.database, collection)
        vault.journal.save_anchor()  # before: it writes places of entries, and the organization's go too
        organizations.shred(vault.database, org_id)
        alarm_register.forget_organization(vault.database, org_id)
    vault.forget_organization(org_id)
    return faces


def _only_organization(vault: OpenVault) -> str:
    found = organizations.page(vault.database, 0, 2)
    if len(found) != 1:
        raise BadInput(Code.INVALID_REQUEST, "there are several organizations, or none: say which one is meant")
    return found[0].org_id


def first_admin(vault: OpenVault, org_id: str) -> str:
    """The id of the admin that an organization began with. Raises BadInput `conflict` where there is none yet."""
    organizations.name_of(vault.database, org_id)
    for member in members.page(vault.database, org_id, 0, limit=-1):
        if Role.ADMIN in member.roles:
            return member.member_id
    raise BadInput(Code.CONFLICT, "nobody has accepted the admin's invitation yet")


def _note(vault: OpenVault, act: str, facts: Facts) -> int:
    return vault.journal.write(KEEP, "operator", act, "done", facts)


_HANDLERS: dict[type[Message], Callable[[OpenVault, Any], Message]] = {
    wire.GetCheckpoint: _get_checkpoint,
    wire.ClearQuarantine: _clear_quarantine,
    wire.InstallScoreTable: _install_score_table,
    wire.IssueApiKey: _issue_api_key,
    wire.AddOrganization: _add_organization,
    wire.ListOrganizations: _list_organizations,
    wire.ShredOrganization: _shred_organization,
    **rotating.HANDLERS,
    wire.Freeze: freezing.freeze_by_operator,
    wire.Unfreeze: freezing.lift_by_operator,
    wire.End: freezing.end_by_operator,
    wire.AllowReading: reading.allow_reading,
    wire.ListAlarms: alarms.list_alarms,
    wire.AcknowledgeAlarm: alarms.acknowledge_alarm,
    wire.TestAlarm: alarms.raise_test,
    wire.ProveConsistency: reading_log.prove_consistency,
    **incidents.HANDLERS,
    wire.ListCanaries: canaries.list_canaries,
    wire.TestCanaries: canaries.touch_all,
    wire.RotateCanaries: canaries.rotate_canaries,
    wire.Examine: examination.examine,
    wire.NoteAccepted: examination.note_accepted,
    wire.BeginBackup: making.begin,
    wire.FinishBackup: making.finish,
}
OWN_LOCK: frozenset[type[Message]] = frozenset({wire.BeginBackup})
"""Messages whose handlers take the vault's lock themselves, and let go of it while they write."""
