"""What a bulk enrollment remembers, so that it goes on where it stopped and never enrolls a photo twice.

One file a collection, append-only, beside the credentials. It holds keyed hashes only: nobody learns a name, a path or
a collection from it, and without the photo in hand nobody learns which photos were sent.

    sent <batch> <photo> <photo> …     written before a batch is sent
    done <photo> <code>                written when its answer is there; the code is `ok` or why it was refused

A batch that was sent without an answer is sent again with the same photos and the same Idempotency-Key, for which the
server gives the answer of the first time (it remembers for 24 hours).
"""

import hmac
import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from facekeep.cli.bulk.listing import Facts
from facekeep.errors import BadInput, Code

OK = "ok"


@dataclass(slots=True)
class _Seen:
    batches: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)


class Resume:
    """The memory of enrolling into one collection. Safe to use from several threads. Close it."""

    def __init__(self, folder: Path, collection_id: str, *, fresh: bool = False) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = hmac.digest(_salt(folder), collection_id.encode(), sha256)
        path = folder / f"{self._keyed(b'file')}.state"
        self._lock = threading.Lock()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if fresh else 0), 0o600)
        self._file = os.fdopen(handle, "a+", encoding="ascii", errors="replace")
        self._seen = _read(self._file)

    def photo_key(self, content: bytes, facts: Facts) -> str:
        """The keyed hash that stands for a photo of a person (its other facts may be corrected later)."""
        told = json.dumps([facts.person, facts.which_face], ensure_ascii=True).encode()
        return self._keyed(b"photo", sha256(content).digest(), told)

    def batch_key(self, photo_keys: Iterable[str], facts: Iterable[Facts]) -> str:
        """The Idempotency-Key of a batch: the same photos with the same facts give the same key."""
        told = json.dumps([asdict(one) for one in facts], ensure_ascii=True).encode()
        return self._keyed(b"batch", ",".join(photo_keys).encode(), told)

    def code_of(self, photo_key: str) -> str | None:
        """`ok`, why it was refused, or None for a photo without an answer yet."""
        with self._lock:
            return self._seen.codes.get(photo_key)

    def unanswered(self) -> dict[str, tuple[str, ...]]:
        """The batches that were sent without an answer, each with its photos in order."""
        with self._lock:
            codes = self._seen.codes
            return {key: photos for key, photos in self._seen.batches.items() if not all(p in codes for p in photos)}

    def sending(self, batch_key: str, photo_keys: tuple[str, ...]) -> None:
        """Remember, durably, that a batch is about to be sent."""
        self._write([" ".join(("sent", batch_key, *photo_keys))])
        with self._lock:
            self._seen.batches[batch_key] = photo_keys

    def answered(self, codes: Mapping[str, str]) -> None:
        """Remember, durably, what became of photos."""
        self._write([f"done {photo_key} {code}" for photo_key, code in codes.items()])
        with self._lock:
            self._seen.codes.update(codes)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _keyed(self, *parts: bytes) -> str:
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self._key, message, sha256).hex()[:48]

    def _write(self, lines: list[str]) -> None:
        with self._lock:
            self._file.write("".join(f"{line}\n" for line in lines))
            self._file.flush()
            os.fsync(self._file.fileno())


def _salt(folder: Path) -> bytes:
    path = folder / "salt"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        salt = path.read_bytes()
        if len(salt) != 32:
            raise BadInput(Code.INVALID_REQUEST, f"{path} is damaged; delete its folder to start over") from None
        return salt
    with os.fdopen(handle, "wb") as file:
        salt = os.urandom(32)
        file.write(salt)
        file.flush()
        os.fsync(file.fileno())
    return salt


def _read(file: TextIO) -> _Seen:
    """What the file says; a last line that was cut off is removed, as if it had never been written."""
    file.seek(0)
    text = file.read()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.truncate(len(whole))
    seen = _Seen()
    for line in whole.splitlines():
        match line.split(" "):
            case ["sent", batch, *photos]:
                seen.batches[batch] = tuple(photos)
            case ["done", photo, code]:
                seen.codes[photo] = code
    return seen
