"""The report: everything that letters, pages and readers may rest on, as one document.

`notify` and the pages read this and nothing else. Customers have pseudonyms here; a name is opened at the vault, one at
a time, when a letter is made. What a person must write stands as REQUIRED until a person wrote it.
"""

from typing import Any, Literal

import msgspec

from facekeep.service.incident.evidence import Drill, Foreign, LogEvidence
from facekeep.service.incident.verdicts import Verdict

FORMAT, VERSION = "facekeep-incident-report", 1


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the document: unknown members are refused."""


class IncidentPart(_Part, frozen=True, kw_only=True):
    """The incident, and when it was known: the clocks of the law count from `aware_at`."""

    incident_id: str
    opened_at: str
    aware_at: str
    closed_at: str | None


class Question(_Part, frozen=True, kw_only=True):
    """What the report was asked: from when to when, about whom, and what the thief held.

    `suspects` were named; `made` are keys, passkeys, members and sessions that the suspects made, found in the log.
    """

    begins_at: str
    ends_at: str
    suspects: tuple[str, ...]
    made: tuple[str, ...]
    tiers: tuple[str, ...]


class Moment(_Part, frozen=True, kw_only=True):
    """One point of the timeline. `entry` is the number in the log of `customer`, "keep" for the keep's own."""

    at: str
    what: str
    customer: str = ""
    entry: int | None = None


class Timeline(_Part, frozen=True, kw_only=True):
    """First and last act of the suspects, awareness, containment, and everything else that marks the time, in UTC.

    `contained_at` is None where the log shows nothing that ended the suspects' access.
    """

    first_act_at: str | None
    last_act_at: str | None
    detected_at: str
    contained_at: str | None
    moments: tuple[Moment, ...]


class RootCause(_Part, frozen=True, kw_only=True):
    """Why it could happen, in a person's words; never made up."""

    state: Literal["REQUIRED", "GIVEN"] = "REQUIRED"
    text: str = ""


class SubjectPart(_Part, frozen=True, kw_only=True):
    """One record and the entries that name it, as ranges such as `3-9,12`."""

    subject: str
    entries: str


class FieldPart(_Part, frozen=True, kw_only=True):
    """What is known of one field of one customer.

    `minutes` are UTC. `entries` are the customer's own, `keep_entries` the keep's, both as ranges. `basis` is what the
    verdict follows from, `missing` why nothing is proven where nothing is.
    """

    field: str
    meaning: str
    verdict: Verdict
    statement: str
    basis: dict[str, bool]
    missing: tuple[str, ...] = ()
    was_shown: bool = False
    was_changed: bool = False
    minutes: tuple[str, ...] = ()
    entries: str = ""
    keep_entries: str = ""
    subjects: tuple[SubjectPart, ...] = ()


class CustomerPart(_Part, frozen=True, kw_only=True):
    """One customer: how many of its entries lie in the time, and every field."""

    customer: str
    entries_in_window: int
    first_entry: int | None
    last_entry: int | None
    is_gap_free: bool
    fields: tuple[FieldPart, ...]


class SiblingActor(_Part, frozen=True, kw_only=True):
    """Another actor whose acts in the same time look like the suspects'."""

    customer: str
    actor: str
    acts: dict[str, int]


class SiblingCheck(_Part, frozen=True, kw_only=True):
    """An act that the suspects used, what the vault asks before it, and the acts that ask no more."""

    act: str
    roles: tuple[str, ...]
    asks_presence: bool
    same_checks: tuple[str, ...]


class SiblingSetting(_Part, frozen=True, kw_only=True):
    """A setting that widens what a suspect reaches, and who has it too."""

    setting: str
    customers: tuple[str, ...]


class Siblings(_Part, frozen=True, kw_only=True):
    """The same pattern, missing check or setting elsewhere. `doctor` is what `facekeep doctor` found, where given."""

    actors: tuple[SiblingActor, ...] = ()
    checks: tuple[SiblingCheck, ...] = ()
    settings: tuple[SiblingSetting, ...] = ()
    doctor: Any = None


class Report(_Part, frozen=True, kw_only=True):
    """The whole document."""

    format: str = FORMAT
    version: int = VERSION
    made_at: str
    incident: IncidentPart
    question: Question
    timeline: Timeline
    root_cause: RootCause
    log: LogEvidence
    drills: tuple[Drill, ...]
    foreign: tuple[Foreign, ...]
    problems: tuple[str, ...]
    customers: tuple[CustomerPart, ...]
    siblings: Siblings


def ranges(numbers: list[int]) -> str:
    """Rising numbers as ranges: 3, 4, 4, 5 and 9 become `3-5,9`."""
    parts: list[str] = []
    first = last = -2
    for number in numbers:
        if number > last + 1:
            if last >= 0:
                parts.append(str(first) if first == last else f"{first}-{last}")
            first = number
        last = number
    if last >= 0:
        parts.append(str(first) if first == last else f"{first}-{last}")
    return ",".join(parts)
