"""Cosignatures: a witness's word, with a time, that a checkpoint extends every one of that log it has seen before.

Source: C2SP tlog-cosignature, version 1 (signature type 0x04).
"""

from facekeep.errors import Code, Tampered
from facekeep.ledger.note import Sign, SignatureIsGood, VerifierKey, parse_note, signature_line

COSIGNATURE = b"\x04"
_TIME_BYTES = 8
_SIGNATURE_BYTES = 64


def cosign(checkpoint_text: str, *, key: VerifierKey, time_s: int, sign: Sign) -> str:
    """The line with which the witness `key`, of kind `COSIGNATURE`, signs a checkpoint at `time_s` (Unix seconds)."""
    signature = sign(_message(checkpoint_text, time_s))
    return signature_line(key, time_s.to_bytes(_TIME_BYTES, "big") + signature)


def cosigned_at(untrusted_note: bytes, *, expected_key: VerifierKey, is_good: SignatureIsGood) -> int:
    """When `expected_key` cosigned this note, in Unix seconds; the latest time where it did so more than once.

    Raises
    ------
    Tampered
        `log_altered`: malformed, not cosigned by that key, or with any line of that key that does not verify.
    """
    note = parse_note(untrusted_note)
    ours = [
        line.signature
        for line in note.signatures
        if line.key_name == expected_key.name and line.key_id == expected_key.key_id
    ]
    if not ours:
        raise Tampered(Code.LOG_ALTERED, "the checkpoint is not cosigned by the expected witness")
    return max(_checked_time(one, note.untrusted_text, expected_key, is_good) for one in ours)


def _checked_time(timed: bytes, text: str, key: VerifierKey, is_good: SignatureIsGood) -> int:
    time_s = int.from_bytes(timed[:_TIME_BYTES], "big")
    is_whole = len(timed) == _TIME_BYTES + _SIGNATURE_BYTES
    if not is_whole or not is_good(key.public_key, timed[_TIME_BYTES:], _message(text, time_s)):
        raise Tampered(Code.LOG_ALTERED, "the cosignature of the witness does not verify")
    return time_s


def _message(checkpoint_text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{checkpoint_text}".encode()
