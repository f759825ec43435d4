"""Checkpoints around an incident, and having witnesses sign one at once."""

from collections.abc import Callable, Sequence

from facekeep.errors import FacekeepError
from facekeep.ledger.note import parse_checkpoint, parse_note
from facekeep.service.administration import ask
from facekeep.service.cosigned_notes import CosignedNotes
from facekeep.service.cosigning import WitnessClient
from facekeep.service.incident.evidence import LogEvidence, collected
from facekeep.settings import Settings, WitnessSettings
from facekeep.vault.wire import Checkpoint, Done, GetCheckpoint, KeepNote, Proof, ProveConsistency

Report = Callable[[FacekeepError], None]


def cosign_now(settings: Settings, incident_id: str, report: Report) -> str:
    """The newest checkpoint with what the configured witnesses sign of it now; it is kept with the incident.

    A witness that does not sign stops nobody: `report` is told.
    """
    note = ask(settings, GetCheckpoint(), Checkpoint).note
    lines = [_line(settings, one, note, report) for one in settings.log.witnesses]
    whole = note + "".join(lines)
    ask(settings, KeepNote(incident_id=incident_id, note=whole), Done)
    return whole


def _line(settings: Settings, witness: WitnessSettings, note: str, report: Report) -> str:
    size = parse_checkpoint(parse_note(note.encode()).untrusted_text).size
    try:
        return WitnessClient(witness).cosign(note, size, _prove(settings))
    except FacekeepError as error:  # also where the server had a newer checkpoint signed in between
        report(error)
        return ""


def evidence(
    settings: Settings, incident_id: str, notes: Sequence[str], window: tuple[str, str]
) -> LogEvidence:
    """What the incident's checkpoints, the kept ones and one that is signed now show of the log around `window`."""
    problems: list[FacekeepError] = []
    newest = [cosign_now(settings, incident_id, problems.append)]
    if problems:  # the server may have had a newer checkpoint signed in between; then there is one to be signed again
        newest.append(cosign_now(settings, incident_id, problems.append))
    verifier_key = ask(settings, GetCheckpoint(), Checkpoint).verifier_key
    every = [*newest, *notes, *CosignedNotes(settings.cosigned_dir).newest_first()]
    keys = [one.key for one in settings.log.witnesses]
    return collected(verifier_key, keys, every, window, _prove(settings))


def _prove(settings: Settings) -> Callable[[int, int], Sequence[bytes]]:
    return lambda old, new: ask(settings, ProveConsistency(old_size=old, new_size=new), Proof).hashes

