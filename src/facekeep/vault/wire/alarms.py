"""Alarms: the operator lists and acknowledges them; the server carries them to the operator's webhook, signed."""

from typing import Annotated

import msgspec

from facekeep.vault.wire.base import Id, Message, Name, Page


class AlarmView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alarm. `times` it happened within minutes; `state` is unsent, pending, delivered or given_up."""

    alarm_id: str
    kind: str
    at: str
    organization_id: str
    facts: dict[str, str | int | float | bool | None]
    times: int
    is_drill: bool
    acknowledged_at: str | None
    acknowledged_by: str
    state: str
    attempts: int
    last_outcome: str


class ListAlarms(Message, frozen=True):
    """Alarms, newest first."""

    open_only: bool = False
    cursor: str = ""
    limit: Page = 100


class AlarmPage(Message, frozen=True):
    """Alarms and the cursor of the next page, empty at the end."""

    items: tuple[AlarmView, ...]
    next_cursor: str = ""


class AcknowledgeAlarm(Message, frozen=True):
    """Somebody has looked into it; `by` says who, as the operator writes it."""

    alarm_id: Id
    by: Name


class TestAlarm(Message, frozen=True):
    """Raise an alarm of the kind `alarm.test`, to see that it arrives."""


class AlarmShown(Message, frozen=True):
    """One alarm, and the entry of the keep's own log that tells of the act."""

    alarm: AlarmView
    entry: int = -1


class SignAlarm(Message, frozen=True):
    """Which alarm is to be told? The attempt is counted, and what is sent is signed for this moment."""


class SignedAlarm(Message, frozen=True):
    """What to send where. `alarm_id` None: nothing is due. The secret stays in the vault."""

    alarm_id: str | None
    url: str = ""
    body: bytes = b""
    signature: str = ""


class AlarmSent(Message, frozen=True):
    """How an attempt ended: `delivered`, or a short word that says why not."""

    alarm_id: Id
    outcome: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
