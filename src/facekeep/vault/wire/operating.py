"""An operator's acts, which the server's socket does not take."""

from typing import Annotated

import msgspec

from facekeep.vault.wire.base import Message, Name


class Initialize(Message, frozen=True):
    """Make a new vault: `method` is passphrase, shares (3 of 5) or key_file. Exactly one secret fits the method."""

    method: str
    organization: Name
    member: Name
    passphrase: str = ""
    key_file: str = ""


class Initialized(Message, frozen=True):
    """Shown once: the API key, and the word shares where the method is shares."""

    api_key: str
    shares: tuple[str, ...] = ()


class Unseal(Message, frozen=True):
    """Give the passphrase, one share, or the path of the key file. Shares are given one call each."""

    passphrase: str = ""
    share: str = ""
    key_file: str = ""


class Seal(Message, frozen=True):
    """Drop every key from memory at once."""


class ClearQuarantine(Message, frozen=True):
    """Let search answers in again after an alarm was looked into."""


class InstallScoreTable(Message, frozen=True):
    """Replace the score-meaning table of one model contract (JSON as `facekeep evaluate` writes it)."""

    table: Annotated[bytes, msgspec.Meta(max_length=1_000_000)]


class IssueApiKey(Message, frozen=True):
    """A new API key for the one member; the old ones are revoked if `revoke_others`."""

    revoke_others: bool = False


class ApiKeyIssued(Message, frozen=True):
    """Shown once."""

    api_key: str
