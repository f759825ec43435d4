"""Organizations, as an operator makes, lists and shreds them at the vault's own door. The server cannot."""

from collections.abc import Iterator

from facekeep.service.administration import ask
from facekeep.settings import Settings
from facekeep.vault.wire import (
    AddOrganization,
    Done,
    ListOrganizations,
    OrganizationAdded,
    OrganizationPage,
    OrganizationView,
    ShredOrganization,
)


def add_organization(settings: Settings, *, name: str, admin: str, is_program: bool) -> OrganizationAdded:
    """A new organization, and the invitation or API key of its first admin, shown once.

    Raises
    ------
    BadInput
        `conflict`: there is an organization of that name.
    """
    return ask(settings, AddOrganization(name=name, admin=admin, is_program=is_program), OrganizationAdded)


def organizations(settings: Settings) -> Iterator[OrganizationView]:
    """Every organization, oldest first."""
    cursor = ""
    while True:
        page = ask(settings, ListOrganizations(cursor=cursor), OrganizationPage)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def shred_organization(settings: Settings, organization_id: str, *, expected_name: str) -> int:
    """Destroy everything of an organization; returns the log entry of the keep's own.

    Raises
    ------
    BadInput
        `not_found`, or `conflict`: it has another name.
    """
    message = ShredOrganization(organization_id=organization_id, expected_name=expected_name)
    return ask(settings, message, Done).entry
