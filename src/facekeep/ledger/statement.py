"""What a log's key signs besides checkpoints: the digest of an incident's report.

The text can be no checkpoint: where that has the size of a log, in digits, this has the id of an incident. So neither
is ever taken for the other, though one key signs both.
"""

import re

from facekeep.errors import Code, Tampered

REPORT_TITLE = "facekeep incident report v1"
_REPORT = re.compile(rf"{re.escape(REPORT_TITLE)}\n(inc_[a-z2-7]{{26}})\n([0-9a-f]{{64}})\n", re.ASCII)


def report_text(incident_id: str, digest: bytes) -> str:
    """The text that is signed for a report with that SHA-256 digest (32 bytes)."""
    text = f"{REPORT_TITLE}\n{incident_id}\n{digest.hex()}\n"
    parse_report_text(text)
    return text


def parse_report_text(untrusted_text: str) -> tuple[str, bytes]:
    """The incident's id and the report's digest. Raises Tampered `log_altered` for any other text."""
    found = _REPORT.fullmatch(untrusted_text)
    if found is None:
        raise Tampered(Code.LOG_ALTERED, "that is no statement about an incident's report")
    return found[1], bytes.fromhex(found[2])
