"""What an operator does at the vault's own door: make a keep, open it, close it, look at it.

Every act is one message over the admin socket. Secrets pass through and are kept nowhere here.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from facekeep.errors import Code, Unavailable
from facekeep.service import credentials
from facekeep.settings import Settings
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import (
    ApiKeyIssued,
    ClearQuarantine,
    Done,
    GetStatus,
    Initialize,
    Initialized,
    InstallScoreTable,
    IssueApiKey,
    Message,
    NoteAccepted,
    Seal,
    Status,
    Unseal,
)

A = TypeVar("A", bound=Message)
KEY_FILE = "key_file"
METHODS = (KEY_FILE, "passphrase", "shares")
_TIMEOUT_S = 120.0  # stretching a passphrase on a slow machine takes seconds


@dataclass(frozen=True, slots=True)
class VaultState:
    """`state` is uninitialized, sealed, open, waiting or unreachable; shares count towards opening a sealed vault."""

    state: str
    method: str = ""
    shares_given: int = 0
    shares_needed: int = 0
    quarantined: bool = False
    version: str = ""
    last_backup_at: str = ""

    @property
    def is_trial(self) -> bool:
        """True where the vault opens itself with a key file."""
        return self.method == KEY_FILE


@dataclass(frozen=True, slots=True)
class NewKeep:
    """What is shown once after a keep was made. Secrets are left out of `repr`."""

    api_key: str = field(repr=False)
    shares: tuple[str, ...] = field(repr=False)
    credentials_path: str = ""


def state(settings: Settings) -> VaultState:
    """The state of the vault; `unreachable` where none runs."""
    try:
        return _view(ask(settings, GetStatus(), Status))
    except Unavailable as error:
        if error.code is Code.VAULT_UNREACHABLE:
            return VaultState("unreachable")
        raise


def initialize(settings: Settings, *, method: str, organization: str, member: str, passphrase: str = "") -> NewKeep:
    """Make a new keep in a running, uninitialized vault, and save its API key beside it.

    Raises
    ------
    BadInput
        `already_initialized`, or `invalid_request`: too short a passphrase or an unknown method.
    """
    path = str(credentials.key_file(settings)) if method == KEY_FILE else ""
    request = Initialize(
        method=method, organization=organization, member=member, passphrase=passphrase, key_file=path
    )
    made = ask(settings, request, Initialized)
    return NewKeep(made.api_key, made.shares, str(credentials.save(settings, made.api_key)))


def unseal_with_key_file(settings: Settings) -> None:
    """Open a trial's vault with the key file that lies beside it."""
    ask(settings, Unseal(key_file=str(credentials.key_file(settings))), Message)


def unseal_with_passphrase(settings: Settings, passphrase: str) -> None:
    """Open the vault with its passphrase. Raises Refused `unseal_refused`."""
    ask(settings, Unseal(passphrase=passphrase), Message)


def give_share(settings: Settings, share: str) -> VaultState:
    """Give one word share; returns how many are still needed. Raises Refused `unseal_refused`."""
    ask(settings, Unseal(share=share), Message)
    return state(settings)


def seal(settings: Settings) -> None:
    """Make the vault drop every key from memory."""
    ask(settings, Seal(), Done)


def issue_key(settings: Settings, *, organization_id: str, revoke_others: bool) -> tuple[str, str]:
    """A fresh API key of an organization's first admin, and where it was saved; empty means the only organization."""
    message = IssueApiKey(organization_id=organization_id, revoke_others=revoke_others)
    key = ask(settings, message, ApiKeyIssued).api_key
    return key, str(credentials.save(settings, key))


def clear_quarantine(settings: Settings) -> int:
    """Let search answers in again after an alarm; returns the log entry."""
    return ask(settings, ClearQuarantine(), Done).entry


def install_score_table(settings: Settings, table: bytes) -> int:
    """Replace the table that says what a score means; returns the log entry."""
    return ask(settings, InstallScoreTable(table=table), Done).entry


def note_accepted(settings: Settings, check: str, reason: str) -> int:
    """Have the keep's own log say that a blocker was accepted, and why; returns the entry."""
    return ask(settings, NoteAccepted(check=check, reason=reason), Done).entry


def ask(settings: Settings, request: Message, expected: type[A]) -> A:
    """The answer to one message of an operator's. Raises what the vault raised, and `vault_unreachable`."""
    client = VaultClient(settings.admin_socket, timeout_s=_TIMEOUT_S)
    try:
        return client.call(request, expected)
    finally:
        client.close()


def _view(status: Status) -> VaultState:
    return VaultState(
        status.state,
        status.method,
        status.shares_given,
        status.shares_needed,
        status.quarantined,
        status.version,
        status.last_backup_at,
    )
