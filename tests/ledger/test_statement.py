"""A statement of one kind is never read as the other, nor as a checkpoint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import Tampered
from facekeep.ledger.note import parse_checkpoint
from facekeep.ledger.statement import drill_text, parse_drill_text, parse_report_text, report_text, require_statement

DIGESTS = st.binary(min_size=32, max_size=32)
IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26).map("inc_{}".format)


@given(DIGESTS, IDS)
def test_each_kind_is_read_back_as_itself_alone(digest: bytes, incident_id: str) -> None:
    drill, report = drill_text(digest), report_text(incident_id, digest)
    assert parse_drill_text(drill) == digest
    assert parse_report_text(report) == (incident_id, digest)
    for parse, text in (
        (parse_drill_text, report),
        (parse_report_text, drill),
        (parse_checkpoint, drill),
        (parse_checkpoint, report),
    ):
        with pytest.raises(Tampered):
            parse(text)
    for text in (drill, report):
        require_statement(text)


@given(st.text() | st.tuples(DIGESTS.map(drill_text), st.text(min_size=1)).map("".join))
def test_nothing_else_is_a_statement(untrusted: str) -> None:
    with pytest.raises(Tampered):
        require_statement(untrusted)


@pytest.mark.parametrize("digest", [b"", b"d" * 31, b"d" * 33])
def test_a_digest_of_another_length_is_never_signed(digest: bytes) -> None:
    with pytest.raises(Tampered):
        drill_text(digest)
