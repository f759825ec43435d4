"""`facekeep review` and `search --reveal`: what is asked of the server, and what is shown."""

import json

import pytest

COLLECTION = {
    "collection_id": "c1", "name": "Archive", "model": "sface", "dimension": 128, "policy": {}, "faces": 3,
    "persons": 2, "created_at": "2026-03-01",
}  # fmt: skip
LEAD = {
    "lead_id": "lea_1", "case_id": "cas_1", "collection_id": "c1", "face_id": "fac_1", "person_id": "per_1",
    "state": "waiting_for_second", "verdict": None, "may_decide": True, "found_by": "mem_1", "found_at": "2026-03-01",
    "gallery": 9, "floor": 0.3, "model": "sface", "is_blind": True, "score": None, "one_in": None, "meaning": None,
    "quality": 41, "quality_reasons": ["turned away"], "captured_at": "2001", "probe_captured_at": "2022",
    "years_apart": 21.0, "revealed": False, "identity": None, "decisions": [], "reveals": [],
}  # fmt: skip
SHOWN = {
    **LEAD, "state": "agreed", "verdict": "not_the_same", "is_blind": False, "score": 0.51, "meaning": "about 1 in 9",
    "revealed": True,
    "identity": {"person_name": "\x1b[2JAda", "source": "album", "license": "", "legal_basis": "consent"},
    "decisions": [{"round": 1, "verdict": "not_the_same", "reason": "ears", "decided_by": "m", "decided_at": "t"}],
    "reveals": [{"revealed_by": "m", "reason": "to ask", "revealed_at": "t"}],
}  # fmt: skip
CANDIDATE = {
    "rank": 1, "face_id": "fac_1", "person_id": "per_1", "lead_id": "lea_1", "revealed": False, "person_name": None,
    "score": 0.51, "one_in": 9.0, "meaning": "about 1 in 9", "source": None, "captured_at": "2001", "years_apart": 21.0,
    "quality": 41, "quality_reasons": [], "legal_basis": None,
}  # fmt: skip


def test_a_blind_reviewer_sees_what_there_is_to_judge_and_no_score(keep, capsys) -> None:
    keep.rule("GET /v1/leads/lea_1", LEAD)
    assert keep("review", "show", "lea_1") == 0
    shown = capsys.readouterr().out
    for told in ("kept back until you decide", "hidden until you reveal it", "21 years apart", "turned away", "sface"):
        assert told in " ".join(shown.split())


def test_leads_of_a_case_are_listed(keep, capsys) -> None:
    keep.rule("GET /v1/cases/cas_1/leads", {"items": [LEAD, SHOWN], "next_cursor": ""})
    assert keep("review", "list", "cas_1") == 0
    shown = capsys.readouterr().out
    assert "waiting for second" in shown
    assert "agreed: not the same" in shown
    assert keep("review", "list", "cas_1", "--json") == 0
    assert [one["state"] for one in json.loads(capsys.readouterr().out)] == ["waiting_for_second", "agreed"]


@pytest.mark.parametrize(
    ("said", "sent"), [("same", "same_person"), ("not-same", "not_the_same"), ("cannot-say", "cannot_say")]
)
def test_a_decision_is_sent_with_its_reason(keep, capsys, said, sent) -> None:
    keep.rule("POST /v1/leads/lea_1/decisions", SHOWN)
    assert keep("review", "decide", "lea_1", said, "--reason", "ears") == 0
    assert json.loads(keep.requests("POST /v1/leads/lea_1/decisions")[0][1]) == {"verdict": sent, "reason": "ears"}
    shown = capsys.readouterr().out
    assert "not_the_same, by m: ears" in shown
    assert "\x1b" not in shown


def test_a_decision_and_a_reveal_need_a_reason(keep) -> None:
    assert keep("review", "decide", "lea_1", "same") == 2
    assert keep("review", "reveal", "lea_1") == 2


def test_a_reveal_shows_who_it_is(keep, capsys) -> None:
    keep.rule("POST /v1/leads/lea_1/reveal", SHOWN)
    assert keep("review", "reveal", "lea_1", "--reason", "to ask") == 0
    shown = capsys.readouterr().out
    assert "Ada" in shown
    assert "album" in shown


@pytest.fixture
def searched(keep, tmp_path):
    found = {"candidates": [CANDIDATE], "gallery": 9, "floor": 0.3, "withheld": 0, "entry": 7, "model": "sface"}
    keep.rule("GET /v1/collections", {"items": [COLLECTION], "next_cursor": ""})
    keep.rule("POST /v1/search", found)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    return keep, photo


def test_a_search_shows_a_lead_without_its_name(searched, capsys) -> None:
    keep, photo = searched
    assert keep("search", "Archive", photo, "--case", "cas_1", "--taken", "2022") == 0
    assert b'"probe_captured_at":"2022"' in keep.requests("POST /v1/search")[0][1].replace(b" ", b"")
    shown = capsys.readouterr().out
    assert "(hidden)" in shown
    assert "lea_1" in shown


def test_a_search_with_a_reason_reveals_what_it_found(searched, capsys) -> None:
    keep, photo = searched
    keep.rule("POST /v1/leads/lea_1/reveal", SHOWN)
    assert keep("search", "Archive", photo, "--case", "cas_1", "--reveal", "to ask the family") == 0
    assert json.loads(keep.requests("POST /v1/leads/lea_1/reveal")[0][1]) == {"reason": "to ask the family"}
    assert "Ada" in capsys.readouterr().out
