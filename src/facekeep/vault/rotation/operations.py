"""What an operator asks for, under the vault's lock. The root key's rotation is the keeper's: it changes the seal."""

from collections.abc import Callable, Mapping
from typing import Any

from facekeep.vault import seal, wire
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.rotation import blocks, log_key, organization
from facekeep.vault.wire import Message


def _draw_shares(_vault: OpenVault, _message: wire.DrawShares) -> wire.SharesDrawn:
    return wire.SharesDrawn(shares=seal.draw_shares())


def _rotate_organization(vault: OpenVault, message: wire.RotateOrganization) -> wire.Done:
    return wire.Done(entry=organization.rotate(vault, message.organization_id))


def _rotate_blocks(vault: OpenVault, message: wire.RotateBlocks) -> wire.DueBlocks:
    return blocks.ask(vault, message.organization_id)


def _count_due_blocks(vault: OpenVault, _message: wire.CountDueBlocks) -> wire.DueBlocks:
    return wire.DueBlocks(blocks=blocks.count(vault.database))


def _rotate_log_key(vault: OpenVault, _message: wire.RotateLogKey) -> wire.LogKeyRotated:
    return log_key.rotate(vault)


HANDLERS: Mapping[type[Message], Callable[[OpenVault, Any], Message]] = {
    wire.DrawShares: _draw_shares,
    wire.RotateOrganization: _rotate_organization,
    wire.RotateBlocks: _rotate_blocks,
    wire.CountDueBlocks: _count_due_blocks,
    wire.RotateLogKey: _rotate_log_key,
}
