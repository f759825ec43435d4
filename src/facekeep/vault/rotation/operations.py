"""What an operator asks for, under the vault's lock. The root key's rotation is the keeper's: it changes the seal."""

from collections.abc import Callable, Mapping
from typing import Any

from facekeep.vault import seal, wire
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.rotation import organization
from facekeep.vault.wire import Message


def _draw_shares(_vault: OpenVault, _message: wire.DrawShares) -> wire.SharesDrawn:
    return wire.SharesDrawn(shares=seal.draw_shares())


def _rotate_organization(vault: OpenVault, message: wire.RotateOrganization) -> wire.Done:
    return wire.Done(entry=organization.rotate(vault, message.organization_id))


HANDLERS: Mapping[type[Message], Callable[[OpenVault, Any], Message]] = {
    wire.DrawShares: _draw_shares,
    wire.RotateOrganization: _rotate_organization,
}
