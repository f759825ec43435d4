"""Signed notes, verifier keys and checkpoints: what a log says about itself, over its signature.

Everything is refused until the signature of the expected key has been checked: a text leaves `open_note` only verified.
Signatures by other keys (witnesses, rotated keys) are carried and ignored, as the specification demands.

Source: C2SP signed-note and tlog-checkpoint; the verifier key's text form is that of golang.org/x/mod/sumdb/note.
Notes are signed with Ed25519 (signature type 0x01); witnesses' cosignatures (type 0x04) are in `cosignature`. The
signature itself is made and checked by functions passed in.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from facekeep.errors import Code, Tampered
from facekeep.ledger.tree import HASH_BYTES

MAX_NOTE_BYTES = 256 * 1024  # room for the 16 post-quantum signatures every reader must take, and more
MAX_SIGNATURES = 64
MAX_KEY_NAME_BYTES = 1024
MAX_SIZE = (1 << 63) - 1

ED25519 = b"\x01"
_PUBLIC_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_SIGNATURE_START = "— "
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)

Sign = Callable[[bytes], bytes]
"""Message to 64-byte Ed25519 signature."""
SignatureIsGood = Callable[[bytes, bytes, bytes], bool]
"""`(public_key, signature, message)` to whether the Ed25519 signature is good. Must not raise for a bad one."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who signs: a key name (a log's origin), its 32-byte Ed25519 public key, and the type of what it signs."""

    name: str
    public_key: bytes
    kind: bytes = ED25519

    @property
    def key_id(self) -> bytes:
        """4 bytes that tell this key from others of the same name; an identifier, not a proof of anything."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public_key).digest()[:_KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as people exchange it: `name+8 hex digits+base64`."""
        return f"{self.name}+{self.key_id.hex()}+{_encode(self.kind + self.public_key)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: unverified."""

    key_name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class UnverifiedNote:
    """A note that is well formed and no more than that. Do not act on `untrusted_text`; see `open_note`."""

    untrusted_text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: `origin` says which log, `size` how many entries, `root` (32 bytes) which entries."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note text of this checkpoint."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), _encode(self.root), *self.extensions))


def verifier_key(*, name: str, public_key: bytes, kind: bytes = ED25519) -> VerifierKey:
    """The verifier key of that name.

    Raises
    ------
    Tampered
        `log_altered`: an impossible name or a key of another length.
    """
    if not _is_key_name(name) or len(public_key) != _PUBLIC_KEY_BYTES:
        raise _malformed("verifier key")
    return VerifierKey(name, public_key, kind)


def parse_verifier_key(untrusted: str, *, expected_kind: bytes = ED25519) -> VerifierKey:
    """The verifier key of that kind written as `name+8 hex digits+base64`.

    Raises
    ------
    Tampered
        `log_altered`: malformed, of another kind, or with an id that is not the key's.
    """
    parts = untrusted.split("+", 2) if len(untrusted) <= 2 * MAX_KEY_NAME_BYTES else []
    if len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
        raise _malformed("verifier key")
    typed_key = _decode(parts[2], "verifier key")
    if typed_key[:1] != expected_kind:
        raise _malformed("verifier key")
    key = verifier_key(name=parts[0], public_key=typed_key[1:], kind=expected_kind)
    if key.key_id.hex() != parts[1]:
        raise _malformed("verifier key")
    return key


def sign_note(text: str, *, key: VerifierKey, sign: Sign) -> str:
    """The signed note over `text`, which must end in a newline and hold no other control characters."""
    if not _is_note_text(text):
        raise _malformed("note text")
    return f"{text}\n{signature_line(key, sign(text.encode()))}"


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """The line that says that `key` signed, with its newline."""
    return f"{_SIGNATURE_START}{key.name} {_encode(key.key_id + signature)}\n"


def parse_note(untrusted: bytes) -> UnverifiedNote:
    """A note taken apart, nothing verified.

    Raises
    ------
    Tampered
        `log_altered`: not exactly the format, or beyond the limits of 256 KiB and 64 signatures.
    """
    if len(untrusted) > MAX_NOTE_BYTES:
        raise _malformed("note")
    try:
        whole = untrusted.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("note") from error
    text, blank, signatures = whole.rpartition("\n\n")
    text += "\n"
    lines = signatures.split("\n")
    if not blank or not _is_note_text(text) or lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise _malformed("note")
    return UnverifiedNote(text, tuple(_parse_signature(line) for line in lines))


def open_note(untrusted: bytes, *, expected_key: VerifierKey, is_good: SignatureIsGood) -> str:
    """The text of a note that `expected_key` signed.

    Raises
    ------
    Tampered
        `log_altered`: malformed, not signed by that key, or with any line of that key that does not verify.
    """
    note = parse_note(untrusted)
    ours = [
        line.signature
        for line in note.signatures
        if line.key_name == expected_key.name and line.key_id == expected_key.key_id
    ]
    if not ours:
        raise Tampered(Code.LOG_ALTERED, "the note is not signed by the expected key")
    message = note.untrusted_text.encode()
    if not all(is_good(expected_key.public_key, signature, message) for signature in ours):
        raise Tampered(Code.LOG_ALTERED, "the signature of the note does not verify")
    return note.untrusted_text


def open_note_of_any(untrusted: bytes, *, expected_keys: Sequence[VerifierKey], is_good: SignatureIsGood) -> str:
    """The text of a note that one of these keys signed. Raises Tampered as `open_note` does for the last of them."""
    for key in expected_keys[:-1]:
        with suppress(Tampered):
            return open_note(untrusted, expected_key=key, is_good=is_good)
    return open_note(untrusted, expected_key=expected_keys[-1], is_good=is_good)


def parse_checkpoint(untrusted_text: str) -> Checkpoint:
    """The checkpoint written in a note text.

    Raises
    ------
    Tampered
        `log_altered`: not exactly the format.
    """
    lines = untrusted_text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines) or not _is_note_text(untrusted_text):
        raise _malformed("checkpoint")
    origin, size, root, *extensions = lines
    if not _DECIMAL.fullmatch(size) or int(size) > MAX_SIZE:
        raise _malformed("checkpoint")
    checkpoint = Checkpoint(origin, int(size), _decode(root, "checkpoint"), tuple(extensions))
    if len(checkpoint.root) != HASH_BYTES:
        raise _malformed("checkpoint")
    return checkpoint


def open_checkpoint(
    untrusted: bytes, *, expected_origin: str, expected_key: VerifierKey, is_good: SignatureIsGood
) -> Checkpoint:
    """The checkpoint of the log `expected_origin`, signed by `expected_key`.

    Raises
    ------
    Tampered
        `log_altered`: malformed, of another log, or not signed by that key.
    """
    checkpoint = parse_checkpoint(open_note(untrusted, expected_key=expected_key, is_good=is_good))
    if checkpoint.origin != expected_origin:
        raise Tampered(Code.LOG_ALTERED, "the checkpoint belongs to another log")
    return checkpoint


def _parse_signature(untrusted_line: str) -> NoteSignature:
    if not untrusted_line.startswith(_SIGNATURE_START):
        raise _malformed("signature line")
    name, space, encoded = untrusted_line[len(_SIGNATURE_START) :].partition(" ")
    decoded = _decode(encoded, "signature line")
    if not space or not _is_key_name(name) or len(decoded) <= _KEY_ID_BYTES:
        raise _malformed("signature line")
    return NoteSignature(name, decoded[:_KEY_ID_BYTES], decoded[_KEY_ID_BYTES:])


def _is_key_name(name: str) -> bool:
    is_sized = 0 < len(name.encode(errors="surrogatepass")) <= MAX_KEY_NAME_BYTES
    return is_sized and not any(char == "+" or char < " " or char.isspace() or _is_surrogate(char) for char in name)


def _is_surrogate(char: str) -> bool:
    return "\ud800" <= char <= "\udfff"


def _is_note_text(text: str) -> bool:
    return len(text) > 1 and text.endswith("\n") and not any(char < " " and char != "\n" for char in text)


def _encode(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _decode(untrusted: str, what: str) -> bytes:
    """Standard base64 in its one canonical spelling: other spellings of the same bytes are refused."""
    try:
        decoded = b64decode(untrusted, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(what) from error
    if _encode(decoded) != untrusted:
        raise _malformed(what)
    return decoded


def _malformed(what: str) -> Tampered:
    return Tampered(Code.LOG_ALTERED, f"malformed {what}")
