"""What is frozen, as frozen dataclasses; see `models.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Freeze:
    """One freeze. `member_id` is whose it is, empty for an organization; `words` of how many people were said."""

    kind: str
    subject_id: str
    member_id: str
    why: str
    frozen_by: str
    frozen_at: str
    words: int


@dataclass(frozen=True, slots=True)
class FreezeList:
    """What is frozen of your organization, oldest first."""

    items: tuple[Freeze, ...]


@dataclass(frozen=True, slots=True)
class LiftSaid:
    """Whether it goes on now, or waits for another person's word."""

    is_lifted: bool
    entry: int
