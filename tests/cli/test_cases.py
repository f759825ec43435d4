"""`facekeep cases`, `approvals`, `rules` and `usage`: what is asked of the server, and what is shown."""

import json

import pytest

CASE = {
    "case_id": "cas_1", "purpose": "Missing person", "legal_basis": "consent", "reference": "\x1b[2Jref",
    "members": ["mem_1"], "created_by": "mem_1", "created_at": "2026-03-01", "ends_at": "2026-05-30",
    "forget_at": "2026-06-29", "status": "open", "searches_a_day": None, "searches_today": 3,
}  # fmt: skip
APPROVAL = {
    "approval_id": "apr_1", "case_id": "cas_1", "collection_id": "c1", "purpose": "Missing person",
    "legal_basis": "consent", "reason": "why", "asked_by": "mem_1", "asked_at": "2026-03-01", "status": "asked",
    "decided_by": None, "decided_at": None, "expires_at": "2026-03-04",
}  # fmt: skip
RULES = {
    "purposes": ["Missing person"], "case_days": 90, "case_retention_days": 30, "approval_collections": ["c1"],
    "approval_hours": 72, "searches_a_day_by_person": 200, "searches_a_day_in_case": 500,
    "searches_a_day_of_collection": 2000, "searches_a_day": 5000,
}  # fmt: skip


def sent(keep, request: str) -> dict:
    return json.loads(keep.requests(request)[-1][1])


def test_a_case_is_created_and_shown_harmlessly(keep, capsys) -> None:
    keep.rule("POST /v1/cases", CASE)
    done = keep("cases", "create", "--purpose", "Missing person", "--legal-basis", "consent", "--member", "mem_2")
    assert done == 0
    assert sent(keep, "POST /v1/cases")["members"] == ["mem_2"]
    shown = capsys.readouterr().out
    assert "cas_1" in shown
    assert "\\x1b[2Jref" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "request_", "body"),
    [
        (("extend", "cas_1", "2026-04-01"), "PATCH /v1/cases/cas_1", {"expires_at": "2026-04-01"}),
        (("add-member", "cas_1", "mem_2"), "POST /v1/cases/cas_1/members", {"add": ["mem_2"], "remove": []}),
        (("remove-member", "cas_1", "mem_2"), "POST /v1/cases/cas_1/members", {"add": [], "remove": ["mem_2"]}),
    ],
)
def test_changes_reach_the_case(keep, arguments, request_, body) -> None:
    keep.rule(request_, CASE)
    assert keep("cases", *arguments) == 0
    assert sent(keep, request_) == body


def test_closing_asks_first(keep, capsys) -> None:
    keep.rule("POST /v1/cases/cas_1/close", {**CASE, "status": "closed"})
    assert keep("cases", "close", "cas_1") == 3
    assert keep.requests("POST /v1/cases/cas_1/close") == []
    assert keep("cases", "close", "cas_1", "--yes") == 0
    assert "closed" in capsys.readouterr().out


def test_cases_are_listed(keep, capsys) -> None:
    keep.rule("GET /v1/cases", {"items": [CASE], "next_cursor": ""})
    assert keep("cases", "list") == 0
    assert "Missing person" in capsys.readouterr().out
    keep.rule("GET /v1/cases", {"items": [], "next_cursor": ""})
    assert keep("cases", "list") == 0
    assert "facekeep cases create" in capsys.readouterr().out


def test_an_approval_is_asked_for_by_the_collections_name_and_decided(keep, capsys) -> None:
    keep.rule("POST /v1/approvals", APPROVAL)
    keep.rule("POST /v1/approvals/apr_1/decision", {**APPROVAL, "status": "approved", "decided_by": "mem_2"})
    assert keep("approvals", "ask", "cas_1", "Archive", "--reason", "why") == 0
    assert sent(keep, "POST /v1/approvals") == {"case_id": "cas_1", "collection_id": "c1", "reason": "why"}
    assert keep("approvals", "give", "apr_1") == 0
    assert keep("approvals", "refuse", "apr_1") == 0
    decisions = [json.loads(body)["approved"] for _, body in keep.requests("POST /v1/approvals/apr_1/decision")]
    assert decisions == [True, False]
    assert "mem_2" in capsys.readouterr().out


def test_setting_one_rule_leaves_the_others(keep, capsys) -> None:
    keep.rule("GET /v1/rules", RULES)
    keep.rule("PUT /v1/rules", RULES)
    assert keep("rules", "set", "--by-person", "7") == 0
    assert sent(keep, "PUT /v1/rules") == {**RULES, "searches_a_day_by_person": 7}
    assert keep("rules", "set", "--no-approval", "--purpose", "A", "--purpose", "B") == 0
    assert sent(keep, "PUT /v1/rules") == {**RULES, "approval_collections": [], "purposes": ["A", "B"]}
    assert keep("rules", "show") == 0
    assert "Missing person" in capsys.readouterr().out


def test_usage_is_shown_by_day(keep, capsys) -> None:
    day = {"day": "2026-03-01", "searches": 11, "verifications": 22, "enrollments": 33, "evaluation_searches": 44}
    keep.rule("GET /v1/usage", {"days": [day]})
    assert keep("usage", "--from", "2026-03-01") == 0
    shown = capsys.readouterr().out
    assert all(number in shown for number in ("11", "22", "33", "44"))
    assert keep("usage", "--json") == 0
    assert json.loads(capsys.readouterr().out)["days"] == [day]


def test_a_search_names_its_case_and_a_refusal_says_how_to_get_one(keep, tmp_path, capsys) -> None:
    photo = tmp_path / "p.jpg"
    photo.write_bytes(b"photo")
    keep.rule("POST /v1/search", {"code": "case_needed", "detail": "a search here needs a case"}, status=403)
    assert keep("search", "Archive", photo, "--case", "cas_1") == 4
    assert b'"case_id":"cas_1"' in keep.requests("POST /v1/search")[0][1]
    assert "facekeep cases create" in capsys.readouterr().err


def test_a_collection_is_made_with_its_rules_of_search(keep) -> None:
    keep.rule("POST /v1/collections", keep.rules["GET /v1/collections"][1]["items"][0])
    assert keep("collections", "create", "New", "--no-case", "--searches-a-day", "5") == 0
    assert keep("collections", "create", "New", "--approval") == 0
    first, second = (json.loads(body)["policy"] for _, body in keep.requests("POST /v1/collections"))
    assert (first["case_required"], first["searches_a_day"], first["approval_required"]) == (False, 5, False)
    assert (second["case_required"], second["approval_required"]) == (True, True)
