"""What a log's key signs besides checkpoints: the digests of reports, of incidents and of drills.

Such a text can be no checkpoint: where that has the size of a log, in digits, this has the id of an incident, or the
name of a digest. So neither is ever taken for the other, though one key signs all of them.
"""

import re

from facekeep.errors import Code, Tampered

REPORT_TITLE = "facekeep incident report v1"
DRILL_TITLE = "facekeep drill report v1"
_DRILL = re.compile(rf"{re.escape(DRILL_TITLE)}\nsha256 ([0-9a-f]{{64}})\n", re.ASCII)
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


def drill_text(digest: bytes) -> str:
    """The text that is signed for a drill's report with that SHA-256 digest (32 bytes)."""
    text = f"{DRILL_TITLE}\nsha256 {digest.hex()}\n"
    parse_drill_text(text)
    return text


def parse_drill_text(untrusted_text: str) -> bytes:
    """The digest of a drill's report. Raises Tampered `log_altered` for any other text."""
    found = _DRILL.fullmatch(untrusted_text)
    if found is None:
        raise Tampered(Code.LOG_ALTERED, "that is no statement about a drill's report")
    return bytes.fromhex(found[1])


def require_statement(text: str) -> None:
    """Check that a text is a statement of either kind. Raises Tampered `log_altered` for any other."""
    if _DRILL.fullmatch(text) is None:
        parse_report_text(text)
