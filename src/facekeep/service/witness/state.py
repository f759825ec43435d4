"""The newest checkpoint of each log that a witness has cosigned: one file a log, the signed note itself.

Invariant: what is remembered is on the disk before it counts. After a write whose effect is unknown nothing is
remembered any more until the process starts anew and reads what is there.
"""

from hashlib import sha256
from pathlib import Path

from facekeep.errors import Code, Tampered, Unavailable
from facekeep.ledger.note import Checkpoint, VerifierKey, open_note_of_any, parse_checkpoint
from facekeep.ledger.tree import EMPTY_ROOT
from facekeep.service.witness.files import replace_durably
from facekeep.service.witness.signing import signature_is_good


class WitnessState:
    """Not thread-safe; see `Witness`. `keys` are those of the logs it watches."""

    def __init__(self, folder: Path, keys: list[VerifierKey]) -> None:
        self._folder = folder
        self._is_sound = True
        self._newest = {name: self._read(name, [key for key in keys if key.name == name]) for name in _names(keys)}

    def newest(self, origin: str) -> Checkpoint | None:
        """The newest checkpoint of a log: empty before the first; None where the log is not watched."""
        self._refuse_unless_sound()
        return self._newest.get(origin)

    def remember(self, checkpoint: Checkpoint, note: bytes) -> None:
        """Keep a newer checkpoint; durable on return.

        Raises
        ------
        Unavailable
            `log_unwritable`: whether it is on the disk is unknown. Nothing is signed any more.
        """
        self._refuse_unless_sound()
        self._is_sound = False
        try:
            replace_durably(self._path(checkpoint.origin), note)
        except OSError as error:
            raise Unavailable(Code.LOG_UNWRITABLE, "the witness cannot write what it has seen") from error
        self._newest[checkpoint.origin] = checkpoint
        self._is_sound = True

    def _read(self, origin: str, keys: list[VerifierKey]) -> Checkpoint:
        path = self._path(origin)
        if not path.exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
        checkpoint = parse_checkpoint(
            open_note_of_any(path.read_bytes(), expected_keys=keys, is_good=signature_is_good)
        )
        if checkpoint.origin != origin:
            raise Tampered(Code.LOG_ALTERED, "the checkpoint belongs to another log")
        return checkpoint

    def _path(self, origin: str) -> Path:
        return self._folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    def _refuse_unless_sound(self) -> None:
        if not self._is_sound:
            raise Unavailable(Code.LOG_UNWRITABLE, "the witness could not write what it had seen, and has stopped")


def _names(keys: list[VerifierKey]) -> set[str]:
    return {key.name for key in keys}
