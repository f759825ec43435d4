"""Rotating keys, as an operator does it at the vault's own door. Secrets pass through and are kept nowhere here."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from facekeep.errors import Code, Unavailable
from facekeep.service import credentials
from facekeep.service.administration import KEY_FILE, ask, state
from facekeep.service.organizations import organizations
from facekeep.settings import Settings
from facekeep.vault.wire import (
    CountDueBlocks,
    Done,
    DrawShares,
    DueBlocks,
    LogKeyRotated,
    RootRotated,
    RotateBlocks,
    RotateLogKey,
    RotateOrganization,
    RotateRoot,
    SharesDrawn,
)

_LOOK_EVERY_S = 1.0
SHARES_NEEDED = 3


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What opens the vault from now on: `method` is passphrase, shares or key_file. The secret is not in `repr`."""

    method: str
    secret: str = field(default="", repr=False)


def present_method(settings: Settings) -> str:
    """How the open vault was opened, and by what its rotation must be proved. Raises Unavailable where it is not open.

    Raises
    ------
    Unavailable
        `vault_unreachable`, `vault_sealed`, `not_initialized`.
    """
    now = state(settings)
    if now.state == "open":
        return now.method
    code = {"unreachable": Code.VAULT_UNREACHABLE, "sealed": Code.VAULT_SEALED}.get(now.state, Code.NOT_INITIALIZED)
    raise Unavailable(code, f"the vault is {now.state}; keys are rotated while it is open")


def draw_shares(settings: Settings) -> tuple[str, ...]:
    """Five fresh word shares, which open nothing until `rotate_root` is given three of them."""
    return ask(settings, DrawShares(), SharesDrawn).shares


def rotate_root(settings: Settings, *, present: str, new: NewSecret) -> RootRotated:
    """A fresh root key. A key file's path is filled in on both sides.

    Raises
    ------
    Refused
        `unseal_refused`: `present` does not open the vault.
    BadInput
        `invalid_request`: the new secret does not do.
    """
    key_file = str(credentials.key_file(settings))
    secret = key_file if new.method == KEY_FILE else new.secret
    message = RotateRoot(present=present or key_file, method=new.method, secret=secret)
    return ask(settings, message, RootRotated)


def rotate_organization(settings: Settings, organization_id: str) -> int:
    """A fresh key for one organization; returns the entry of the keep's own. Raises BadInput `not_found`."""
    return ask(settings, RotateOrganization(organization_id=organization_id), Done).entry


def rotate_every_organization(settings: Settings) -> int:
    """The same for all, one after the other; returns how many. One that was cut short goes through all again."""
    ids = [one.organization_id for one in organizations(settings)]
    for organization_id in ids:
        rotate_organization(settings, organization_id)
    return len(ids)


def rotate_blocks(settings: Settings, organization_id: str) -> DueBlocks:
    """Have blocks sealed under fresh secrets by the server; everybody's where the id is empty."""
    return ask(settings, RotateBlocks(organization_id=organization_id), DueBlocks)


def wait_for_blocks(settings: Settings, tell: Callable[[int], None]) -> None:
    """Return once no block is due; `tell` is told how many are, whenever that changes."""
    told = -1
    while left := ask(settings, CountDueBlocks(), DueBlocks).blocks:
        if left != told:
            tell(left)
        told = left
        time.sleep(_LOOK_EVERY_S)


def rotate_log_key(settings: Settings) -> LogKeyRotated:
    """A fresh key for the log's checkpoints."""
    return ask(settings, RotateLogKey(), LogKeyRotated)
