"""Puts an earlier copy of a keep's disk in place of today's, and shows it to who saw today: a client and a witness.

The copy is started beside the keep, under another port, with its own vault, opened by its own shares: so would whoever
sets a keep back. Who remembers nothing must believe it, or the try would show nothing.
"""

from pathlib import Path

from facekeep.ledger.note import parse_checkpoint, parse_note, parse_verifier_key
from facekeep.service.administration import ask
from facekeep.service.drill import own_keep
from facekeep.service.drill.declared import TRIES
from facekeep.service.drill.measurement import Measurement
from facekeep.service.drill.own_keep import OwnKeep
from facekeep.service.witness.signing import load_or_make
from facekeep.service.witness.submission import pack_submission
from facekeep.service.witness.witness import Witness
from facekeep.settings import Settings
from facekeep.vault.wire import Checkpoint, GetCheckpoint, Proof, ProveConsistency
from facekeep_sdk import Client, LogTampered

SET_BACK = TRIES["keep set back to an earlier copy of its disk, shown to a client and a witness that saw today"]
_CONFLICT, _SIGNED = 409, 200


def set_back(keep: OwnKeep, earlier: Path, folder: Path) -> Measurement:
    """Whether they believe it. `earlier` is a data folder with the copy; what they remember is kept in `folder`."""
    who, newcomer = _Watcher(keep.settings, folder / "saw today"), _Watcher(keep.settings, folder / "saw nothing")
    saw_today = who.convinced_by(keep)
    with own_keep.reopened(earlier, folder / "printed by the copy", keep.shares) as copy:
        believed, fooled = (one.convinced_by(copy, api_key=keep.api_key) for one in (who, newcomer))
    return SET_BACK.came_to(believed, with_flaw=fooled if saw_today == 2 else 0)


class _Watcher:
    """A client and a witness, and what they remember."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        folder.mkdir()
        self._memory = folder / "checkpoint.json"
        key = parse_verifier_key(ask(settings, GetCheckpoint(), Checkpoint).verifier_key)
        self._witness = Witness(folder, load_or_make(folder, "drill.example"), [key])

    def convinced_by(self, keep: OwnKeep, *, api_key: str = "") -> int:
        """How many of both take what a keep shows them."""
        return self._client_believes(keep.url, api_key or keep.api_key) + self._witness_signs(keep.settings)

    def _client_believes(self, url: str, api_key: str) -> bool:
        with Client(url, api_key, checkpoint_path=self._memory) as client:
            try:
                client.check_log()
            except LogTampered:
                return False
        return True

    def _witness_signs(self, settings: Settings) -> bool:
        note = ask(settings, GetCheckpoint(), Checkpoint).note
        size = parse_checkpoint(parse_note(note.encode()).untrusted_text).size
        answer = self._witness.add_checkpoint(pack_submission(0, (), note.encode()))
        if answer.status == _CONFLICT and (known := int(answer.body)) <= size:
            proof = ask(settings, ProveConsistency(old_size=known, new_size=size), Proof).hashes if known < size else ()
            answer = self._witness.add_checkpoint(pack_submission(known, proof, note.encode()))
        return answer.status == _SIGNED
