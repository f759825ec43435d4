"""The timeline: what marks the time, in UTC, each with the entry that says so."""

from collections.abc import Sequence

from facekeep.service.incident.entries import KEEP, Entry
from facekeep.service.incident.report import IncidentPart, Moment, Question, Timeline
from facekeep.service.incident.tally import Counting

_MARKS = {
    "vault.seal": "the vault was sealed",
    "vault.panic": "the vault was sealed in a panic",
    "vault.restored": "the keep was restored from a backup",
    "vault.unseal": "the vault was unsealed",
    "quarantine.clear": "a quarantine was cleared",
    "search.alarm": "an altered search answer raised an alarm",
    "standing.alarm": "an altered search answer raised an alarm",
    "alarm.raised": "an alarm was raised",
    "log.hung": "the disk of the log did not answer for a while",
    "passkey.cloned": "a passkey was found to exist twice",
    "host.foreign": "the vault's host was declared to have been in foreign hands",
    "organization.shred": "a customer was shredded",
    "key.issue": "an API key was issued at the vault",
    "organization.rotated": "the keys of the customer were rotated",
    "root.rotate": "the root key was rotated",
    "log_key.rotate": "the key of the log was rotated",
}
_ENDS_OF = {
    "access.ended": "subject",
    "freeze.made": "subject",
    "key.revoked": "key",
    "member.removed": "member",
    "passkey.revoked": "passkey",
    "sessions.ended": "member",
}
_MOST_MARKS = 500


def mark_of(entry: Entry, customer: str) -> Moment | None:
    """What an entry marks in the timeline, by whoever it was; None for most."""
    words = _MARKS.get(entry.act)
    return None if words is None else Moment(at=entry.at, what=words, customer=customer, entry=entry.number)


def end_of(entry: Entry) -> str | None:
    """The id of the key, passkey or member whose access an entry ended."""
    fact = _ENDS_OF.get(entry.act)
    return None if fact is None or entry.outcome != "done" else str(entry.facts.get(fact, ""))


def timeline(
    counting: Counting,
    incident: IncidentPart,
    question: Question,
    marks: Sequence[Moment],
    ends: Sequence[tuple[str, Moment]],
) -> Timeline:
    """Everything that marks the time. Contained is the first end of a suspect's access, or seal, after the last act."""
    last = counting.last_act
    suspects = set(question.suspects) | set(question.made) | counting.suspects_ids
    over = [moment for of, moment in ends if question.suspects and of in suspects]
    over += [one for one in marks if one.what in (_MARKS["vault.seal"], _MARKS["vault.panic"])]
    contained = min((one.at for one in over if last is None or one.at >= last.at), default=None)
    moments = [*marks[:_MOST_MARKS], *over[:_MOST_MARKS], *_of_acts(counting), *_of_incident(incident)]
    shown = {(one.at, one.what, one.customer, one.entry): one for one in moments}
    return Timeline(
        first_act_at=None if counting.first_act is None else counting.first_act.at,
        last_act_at=None if last is None else last.at,
        detected_at=incident.aware_at,
        contained_at=contained,
        moments=tuple(sorted(shown.values(), key=lambda one: (one.at, one.what))),
    )


def end_moment(entry: Entry, customer: str) -> Moment:
    """The end of an access, as a moment."""
    return Moment(at=entry.at, what=f"{entry.act} ended an access", customer=customer, entry=entry.number)


def _of_acts(counting: Counting) -> list[Moment]:
    found = (("first act", counting.first_act), ("last act", counting.last_act))
    return [
        Moment(at=act.at, what=f"{which}: {act.act}", customer=act.customer, entry=act.number)
        for which, act in found
        if act is not None
    ]


def _of_incident(incident: IncidentPart) -> list[Moment]:
    known = Moment(at=incident.aware_at, what="detected: the keep's operator became aware", customer=KEEP)
    opened = Moment(at=incident.opened_at, what="the incident was opened", customer=KEEP)
    return [known, opened]
