"""From the key of a log that one knows to the key that signs now: notes by which each key names the next.

Such a note is signed by the old key and has five lines: `facekeep log handover v1`, the log's origin, the new verifier
key, and size and root of the last tree that the old key signed. What it does not show is that the old key was in nobody
else's hands when it signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from facekeep_sdk.errors import LogTampered
from facekeep_sdk.ledger_check import TreeHead, has_signature_of, open_note, tree_head

_FIRST_LINE = "facekeep log handover v1"
_LINES = 5


@dataclass(frozen=True, slots=True)
class Followed:
    """The key at the end of the chain, and the last tree of each key on the way, oldest first."""

    verifier_key: str
    heads: tuple[TreeHead, ...]


def follow(untrusted_handovers: Iterable[str], known_key: str) -> Followed:
    """Where the handovers lead from `known_key`; nowhere, to that key itself, where it signs none of them.

    Those before the one that `known_key` signed are of no interest; each after it must be signed by the key before.

    Raises
    ------
    LogTampered
        A handover is malformed, of another log, or signed by another key than its predecessor names.
    """
    key, heads = known_key, list[TreeHead]()
    for untrusted in untrusted_handovers:
        if not heads and not has_signature_of(untrusted, key):
            continue
        key, head = _open_handover(untrusted, key)
        if heads and head.size < heads[-1].size:
            raise LogTampered("a handover of the log's key goes back")
        heads.append(head)
    return Followed(key, tuple(heads))


def _open_handover(untrusted: str, key: str) -> tuple[str, TreeHead]:
    """The new key and the old one's last tree."""
    lines = open_note(untrusted, key).split("\n")
    origin = key.partition("+")[0]
    if len(lines) != _LINES + 1 or lines[0] != _FIRST_LINE or lines[1] != origin:
        raise LogTampered("a handover of the log's key is malformed, or of another log")
    if lines[2].partition("+")[0] != origin or lines[2] == key:
        raise LogTampered("a handover of the log's key names no key of this log")
    return lines[2], tree_head("\n".join((origin, *lines[3:])))
