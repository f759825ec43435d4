"""What a witness decides about a submission, in the order of its specification.

Guarantee: the checkpoint that a cosignature is made for is on the disk before the signature exists, and extends the one
that was there before. So whenever the process is killed, it never signs two histories of one log.

Source: C2SP tlog-witness, add-checkpoint; the statuses are its own.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from facekeep.errors import BadInput, Tampered
from facekeep.ledger.cosignature import cosign
from facekeep.ledger.note import Checkpoint, VerifierKey, open_note_of_any, parse_checkpoint, parse_note
from facekeep.ledger.tree import verify_consistency
from facekeep.service.witness.signing import WitnessKey, signature_is_good
from facekeep.service.witness.state import WitnessState
from facekeep.service.witness.submission import Submission, parse_submission

_TEXT = "text/plain; charset=utf-8"
_SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """An HTTP answer."""

    status: int
    body: str
    content_type: str = _TEXT


class Witness:
    """Watches the logs of `log_keys`; a log that changes its key has several.

    Thread-safe: one submission is decided at a time.
    """

    def __init__(self, folder: Path, key: WitnessKey, log_keys: Sequence[VerifierKey]) -> None:
        self._key = key
        self._log_keys = {name: [one for one in log_keys if one.name == name] for name in {k.name for k in log_keys}}
        self._state = WitnessState(folder, list(log_keys))
        self._turn = threading.Lock()

    def add_checkpoint(self, untrusted: bytes) -> WitnessAnswer:
        """The answer to one submission.

        Raises
        ------
        Unavailable
            `log_unwritable`: what was seen cannot be kept, so nothing is signed.
        """
        try:
            submission = parse_submission(untrusted)
            claimed = parse_checkpoint(parse_note(submission.untrusted_note).untrusted_text)
        except (BadInput, Tampered):
            return WitnessAnswer(400, "malformed submission\n")
        if claimed.origin not in self._log_keys:
            return WitnessAnswer(404, "this log is not watched here\n")
        try:
            keys = self._log_keys[claimed.origin]
            text = open_note_of_any(submission.untrusted_note, expected_keys=keys, is_good=signature_is_good)
        except Tampered:
            return WitnessAnswer(403, "not signed by the key that is known of this log\n")
        with self._turn:
            return self._decide(submission, parse_checkpoint(text), text)

    def _decide(self, submission: Submission, checkpoint: Checkpoint, text: str) -> WitnessAnswer:
        newest = self._state.newest(checkpoint.origin)
        assert newest is not None
        if submission.old_size > checkpoint.size:
            return WitnessAnswer(400, "the old size is larger than the checkpoint\n")
        if submission.old_size != newest.size:
            return _conflict(newest)
        if checkpoint.size == newest.size and checkpoint.root != newest.root:
            return _conflict(newest)
        try:
            verify_consistency(
                old_size=newest.size,
                old_root=newest.root,
                new_size=checkpoint.size,
                new_root=checkpoint.root,
                untrusted_proof=submission.untrusted_proof,
            )
        except Tampered:
            return WitnessAnswer(422, "the consistency proof does not verify\n")
        self._state.remember(checkpoint, submission.untrusted_note)
        time_s, sign = int(time.time()), self._key.private.sign
        return WitnessAnswer(200, cosign(text, key=self._key.public, time_s=time_s, sign=sign))


def _conflict(newest: Checkpoint) -> WitnessAnswer:
    return WitnessAnswer(409, f"{newest.size}\n", _SIZE)
