"""The decoy organization: a customer as any other, with an admin who has a passkey, and a program that has a key.

Nobody holds the passkey's private half: it is thrown away as it is made. What the key is, only decoy files say.
"""

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from facekeep.errors import BadInput
from facekeep.terms import Role
from facekeep.vault.canaries import people
from facekeep.vault.canaries.register import Kind
from facekeep.vault.identity import accounts, api_keys, members, passkeys
from facekeep.vault.identity.api_keys import Limits
from facekeep.vault.identity.passkeys import Credential
from facekeep.vault.keys import fresh_id
from facekeep.vault.open_vault import OpenVault

_PROGRAM_ROLES = (Role.CUSTODIAN, Role.INVESTIGATOR, Role.AUDITOR)
_ENTRIES = ("member.invited", "session.opened", "collection.list", "key.made")


@dataclass(frozen=True, slots=True)
class Customer:
    """A decoy organization, and the texts of two keys of its program, which decoy files will hold."""

    org_id: str
    admin: str
    account_id: str
    key: str
    second_key: str


def make(vault: OpenVault) -> Customer:
    """A decoy organization with its people, in one transaction, and entries as it would have written."""
    with vault.database.transaction():
        made = _insert(vault)
        vault.journal.save_anchor()
    vault.canaries.reload()
    vault.journal.write(made.org_id, "operator", "organization.added", "done", {})
    for act in _ENTRIES:
        vault.journal.write(made.org_id, made.admin, act, "done", {"member": made.admin})
    return made


def _insert(vault: OpenVault) -> Customer:
    org_id, account_id = _organization(vault), fresh_id("acc")
    name = people.person()
    accounts.add(vault.database, account_id, name)
    admin = members.add(vault.database, org_id, name, Role, account_id)
    passkey = passkeys.add(vault.database, account_id, "phone", _credential())
    program = members.add(vault.database, org_id, "import", _PROGRAM_ROLES)
    key, second = (
        api_keys.issue(vault.database, vault.credential_key, program, Limits(name=name)) for name in ("import", "old")
    )
    vault.canaries.add(Kind.ORGANIZATION, org_id)
    vault.canaries.add(Kind.LOG_ENTRY, f"{org_id}/log")
    vault.canaries.add(Kind.MEMBER, admin, (program, account_id))
    vault.canaries.add(Kind.API_KEY, key.name)
    vault.canaries.add(Kind.CONFIGURATION_SECRET, second.name)
    vault.canaries.add(Kind.PASSKEY, passkey.passkey_id, (passkey.credential_id.hex(),))
    return Customer(org_id, admin, account_id, key.text, second.text)


def _organization(vault: OpenVault) -> str:
    """A new organization of a name that no customer has."""
    while True:
        try:
            return vault.add_organization(people.organization())
        except BadInput:  # `conflict`: there is one of that name
            continue


def _credential() -> Credential:
    """The public half of a fresh key of P-256, as COSE writes it (RFC 9053, section 7.1.1)."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (one.to_bytes(32, "big") for one in (public.x, public.y))
    cose = bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y
    return Credential(os.urandom(32), cose, 0, backed_up=True, transports=("internal", "hybrid"))
