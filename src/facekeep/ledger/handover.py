"""The note by which a log's old key names the new one: the last thing that it signs.

The text has five lines, each ended by a newline:

    facekeep log handover v1
    <origin of the log>
    <verifier key of the new key>
    <size of the last tree that the old key signed, in decimal>
    <its root, base64>

It is a C2SP signed note by the old key. Its first line is no log's origin, which holds no spaces, and its third is no
base64: it never reads as a checkpoint, nor a checkpoint as this.

What it does not show: that the old key was in nobody else's hands when it signed.
"""

from dataclasses import dataclass

from facekeep.ledger.note import Checkpoint, Sign, VerifierKey, sign_note

FIRST_LINE = "facekeep log handover v1"


@dataclass(frozen=True, slots=True)
class Handover:
    """`last` is the last tree under the old key; `successor` signs from then on."""

    successor: VerifierKey
    last: Checkpoint

    @property
    def text(self) -> str:
        """The note text."""
        origin, tree = self.last.text.split("\n", 1)
        return f"{FIRST_LINE}\n{origin}\n{self.successor.text}\n{tree}"


def sign_handover(handover: Handover, *, key: VerifierKey, sign: Sign) -> str:
    """The signed note; `key` is the old one, whose function `sign` is."""
    return sign_note(handover.text, key=key, sign=sign)
