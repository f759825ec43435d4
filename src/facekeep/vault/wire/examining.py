"""What `facekeep doctor` asks at the operator's door: counts and yes or no, and nothing that names anybody."""

from typing import Annotated

import msgspec

from facekeep.vault.wire.base import Id, Message


class Examine(Message, frozen=True):
    """How the keep is set up inside. Days: what counts as expiring soon, and as not used for long."""

    soon_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 14
    idle_days: Annotated[int, msgspec.Meta(ge=1, le=3_660)] = 90


class Examination(Message, frozen=True):
    """The answer, over all organizations together.

    Keys are live API keys. `people_without_passkey` sign in with a password alone. `rules_never_set` counts
    organizations whose rules nobody ever set, `retention_over_years` and `budgets_wide_open` those whose rules keep
    cases for more than three years after their end, and allow more than 20,000 searches a day. `decoys_missing` counts
    kinds of canaries that should lie somewhere and do not, or that are files which nobody watches; decoys are in no
    other count. `last_entry_at` is when the newest entry of the keep's own was written before this one, and
    `last_backup_at` when the newest backup was made.
    """

    entry: int
    schema_is_ours: bool
    organizations: int
    keys_expiring: int
    keys_without_end: int
    keys_unused: int
    admins_unused: int
    single_admins: int
    people_without_passkey: int
    rules_never_set: int
    retention_over_years: int
    budgets_wide_open: int
    open_evaluations: int
    has_own_score_table: bool
    decoys_missing: int
    alarms_open: int
    last_backup_at: str = ""
    last_entry_at: str = ""


class NoteAccepted(Message, frozen=True):
    """Write to the keep's own log that a blocker was accepted at a start, and why."""

    check: Id
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
