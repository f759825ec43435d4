"""Having witnesses sign each checkpoint of this keep, and showing what they signed.

A witness that cannot be reached keeps nobody from working: its signature is missing then, and whoever asks for it
notices. A witness that refuses is reported: either it or this keep was set back to an older state.

Source: C2SP tlog-witness, as its client.
"""

import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx

from facekeep.errors import BadInput, Code, FacekeepError, Tampered, Unavailable
from facekeep.ledger.cosignature import COSIGNATURE, cosigned_at
from facekeep.ledger.note import VerifierKey, parse_checkpoint, parse_note, parse_verifier_key
from facekeep.service.cosignatures import Cosignatures
from facekeep.service.cosigned_notes import CosignedNotes
from facekeep.service.witness.signing import signature_is_good
from facekeep.service.witness.submission import pack_submission
from facekeep.settings import WitnessSettings
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import Checkpoint, Done, GetCheckpoint, Proof, ProveConsistency, WitnessRefused

_LOOK_EVERY_S = 1.0
_TRY_AGAIN_S = 15.0
_PATIENCE_S = 5.0
_LONGEST_ANSWER = 16 * 1024
_OK, _CONFLICT = 200, 409


class WitnessClient:
    """One witness, as a log speaks to it. Not thread-safe.

    Raises
    ------
    BadInput
        `invalid_setting`: its key is no witness's.
    """

    def __init__(self, settings: WitnessSettings) -> None:
        self._url = settings.url.rstrip("/") + "/add-checkpoint"
        self._known_size = 0
        try:
            self._key: VerifierKey = parse_verifier_key(settings.key, expected_kind=COSIGNATURE)
        except Tampered as error:
            raise BadInput(Code.INVALID_SETTING, "keep.toml: log.witnesses has a key that is no witness's") from error

    @property
    def name(self) -> str:
        """The witness's name, from its key."""
        return self._key.name

    def cosign(self, note: str, size: int, prove: Callable[[int, int], Sequence[bytes]]) -> str:
        """The witness's signature line over `note`; `prove(old, new)` gives consistency proofs.

        Raises
        ------
        Unavailable
            `vault_unreachable`: it does not answer. `internal`: it answers nothing that it may.
        Tampered
            `log_altered`: it has seen another or a longer history of this log, or its signature is not good.
        """
        status, body = self._submit(note, size, prove)
        if status == _CONFLICT:
            self._known_size = _size_in(body, size)
            status, body = self._submit(note, size, prove)
        if status != _OK:
            raise _refusal(self.name, status)
        whole = note + body
        cosigned_at(whole.encode(), expected_key=self._key, is_good=signature_is_good)
        self._known_size = size
        return _line_of(self._key, whole)

    def _submit(self, note: str, size: int, prove: Callable[[int, int], Sequence[bytes]]) -> tuple[int, str]:
        old = min(self._known_size, size)
        body = pack_submission(old, prove(old, size) if 0 < old < size else (), note.encode())
        try:
            with (
                httpx.Client(timeout=_PATIENCE_S, trust_env=False, follow_redirects=False) as client,
                client.stream("POST", self._url, content=body) as answer,
            ):
                return answer.status_code, _read(answer)
        except httpx.HTTPError as error:
            raise Unavailable(Code.INTERNAL, f"the witness {self.name} does not answer") from error


class Cosigning:
    """A background thread that has every new checkpoint signed; a context manager. `report` is told of failures.

    `kept` is where one cosigned checkpoint an hour is kept for reports about incidents.
    """

    def __init__(
        self,
        vault: VaultClient,
        witnesses: Sequence[WitnessSettings],
        cosignatures: Cosignatures,
        *,
        report: Callable[[Exception], None],
        kept: CosignedNotes | None = None,
    ) -> None:
        self._vault = vault
        self._witnesses = [WitnessClient(one) for one in witnesses]
        self._cosignatures = cosignatures
        self._kept = kept
        self._report = report
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cosigning", daemon=True)

    def __enter__(self) -> Self:
        if self._witnesses:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()

    def _run(self) -> None:
        done = ""
        while not self._stopping.wait(_LOOK_EVERY_S):
            try:
                newest = self._vault.call(GetCheckpoint(), Checkpoint).note
            except FacekeepError:
                continue  # sealed, or gone; whoever asks for something is told
            if newest != done and self._cosign(newest):
                done = newest
            elif newest != done:
                self._stopping.wait(_TRY_AGAIN_S)

    def _cosign(self, note: str) -> bool:
        """Whether every witness signed."""
        size = parse_checkpoint(parse_note(note.encode()).untrusted_text).size
        failures = 0
        for witness in self._witnesses:
            try:
                self._cosignatures.add(note, witness.name, witness.cosign(note, size, self._prove))
            except Exception as error:  # the outermost loop of this thread; one witness must not stop the others
                failures += 1
                self._report(error)
                if isinstance(error, Tampered):
                    self._tell_vault(witness.name)
        if self._kept is not None and failures < len(self._witnesses):
            self._kept.keep(self._cosignatures.on(note))
        return failures == 0

    def _tell_vault(self, witness: str) -> None:
        """An alarm of the vault's; where it cannot be raised now, the next refusal raises it."""
        with suppress(FacekeepError):
            self._vault.call(WitnessRefused(witness=named(witness)), Done)

    def _prove(self, old_size: int, new_size: int) -> Sequence[bytes]:
        return self._vault.call(ProveConsistency(old_size=old_size, new_size=new_size), Proof).hashes


def named(witness: str) -> str:
    """A witness's name as an entry may hold it."""
    return re.sub(r"[^A-Za-z0-9._/+-]", "_", witness)[:120] or "_"


def _read(answer: httpx.Response) -> str:
    content = b""
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > _LONGEST_ANSWER:
            raise Unavailable(Code.INTERNAL, "a witness's answer is too long")
    return content.decode(errors="replace")


def _size_in(untrusted: str, size: int) -> int:
    """The size that a witness says it knows. Raises Tampered where it is larger than the log."""
    text = untrusted.removesuffix("\n")
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Unavailable(Code.INTERNAL, "a witness names no size")
    if int(text) > size:
        raise Tampered(Code.LOG_ALTERED, "a witness has seen a longer log: this one was set back")
    return int(text)


def _refusal(name: str, status: int) -> FacekeepError:
    if status in (_CONFLICT, 422):
        return Tampered(Code.LOG_ALTERED, f"the witness {name} has seen another history of this log")
    return Unavailable(Code.INTERNAL, f"the witness {name} refuses with status {status}")


def _line_of(key: VerifierKey, whole: str) -> str:
    """The last line of that witness in a note, with its newline; other lines it may have sent are dropped."""
    for line in reversed(whole.splitlines(keepends=True)):
        if line.startswith(f"— {key.name} "):
            return line
    raise Tampered(Code.LOG_ALTERED, "the checkpoint is not cosigned by the expected witness")
