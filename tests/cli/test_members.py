"""What the commands about members and keys print and send, against a scripted server."""

import json

import pytest

MEMBER = {"member_id": "m1", "name": "Ana\x1b]0;x\x07", "roles": ["auditor"], "is_person": True, "created_at": "2026"}
ME = {
    "organization_id": "o1",
    "organization": "Archive",
    "member": MEMBER,
    "credential": "abcdefghij",
    "roles": ["auditor"],
    "acts": ["log.read"],
    "collections": None,
}
KEY = {
    "key_id": "abcdefghij",
    "member_id": "m1",
    "name": "importer",
    "roles": None,
    "acts": ["search.ask"],
    "collections": ["c1"],
    "created_at": "2026",
    "expires_at": None,
    "used_on": "",
}


def sent(keep, rule: str) -> dict[str, object]:
    return json.loads(keep.requests(rule)[-1][1])


def test_me_says_who_one_is(keep, capsys) -> None:
    keep.rule("GET /v1/me", ME)
    assert keep("members", "me") == 0
    shown = capsys.readouterr().out
    assert "Archive" in shown
    assert "log.read" in shown
    assert "\x1b" not in shown


def test_a_member_is_frozen_listed_and_let_go_on(keep, capsys) -> None:
    keep.rule("POST /v1/members/freeze", {"entry": 7})
    keep.rule("POST /v1/freezes/lift", {"is_lifted": False, "entry": 8})
    one = {"kind": "member", "subject_id": "m1", "member_id": "m1", "why": "admin", "frozen_by": "abc"}
    keep.rule("GET /v1/freezes", {"items": [{**one, "frozen_at": "2026", "words": 1}]})
    assert keep("members", "freeze", "m1") == 0
    assert keep("members", "frozen") == 0
    assert keep("members", "unfreeze", "m1") == 0
    assert sent(keep, "POST /v1/freezes/lift") == {"kind": "member", "subject_id": "m1"}
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("frozen, log entry 7", "another person", "admin"))


def test_members_and_invitations_are_listed(keep, capsys) -> None:
    keep.rule("GET /v1/members", {"items": [MEMBER, {**MEMBER, "is_person": False}], "next_cursor": ""})
    invitation = {"invitation_id": "i1", "name": "Rui", "roles": ["admin"], "invited_by": "m1"}
    times = {"created_at": "2026", "expires_at": "2027"}
    keep.rule("GET /v1/invitations", {"items": [{**invitation, **times}], "next_cursor": ""})
    assert keep("members", "list") == 0
    assert keep("members", "invitations") == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("person", "program", "Rui", "2027"))


def test_an_invitation_shows_its_code_once(keep, capsys) -> None:
    keep.rule("POST /v1/invitations", {"invitation_id": "i1", "code": "fi_secret", "entry": 4})
    assert keep("members", "invite", "Rui", "--role", "admin", "--role", "auditor", "--hours", "5") == 0
    assert sent(keep, "POST /v1/invitations") == {"name": "Rui", "roles": ["admin", "auditor"], "hours": 5}
    assert "fi_secret" in capsys.readouterr().out
    assert keep("members", "invite", "Rui") == 2
    assert keep("members", "invite", "Rui", "--role", "king") == 2


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (("members", "withdraw", "i1"), "invitations/withdraw", {"invitation_id": "i1"}),
        (("members", "remove", "m1", "--yes"), "members/remove", {"member_id": "m1"}),
        (("members", "end-sessions", "m1"), "members/end-sessions", {"member_id": "m1"}),
        (("keys", "revoke", "fk_abcdefghij_rest"), "api-keys/revoke", {"key_id": "abcdefghij"}),
    ],
)
def test_an_end_names_its_log_entry(keep, capsys, words, path, body) -> None:
    keep.rule(f"POST /v1/{path}", {"entry": 7})
    assert keep(*words) == 0
    assert sent(keep, f"POST /v1/{path}") == body
    assert "log entry 7" in capsys.readouterr().out


def test_programs_are_added_and_roles_changed(keep, capsys) -> None:
    keep.rule("POST /v1/members", MEMBER)
    keep.rule("POST /v1/members/roles", MEMBER)
    assert keep("members", "add-program", "bot", "--role", "custodian") == 0
    assert keep("members", "set-roles", "m1", "--role", "auditor") == 0
    assert sent(keep, "POST /v1/members/roles") == {"member_id": "m1", "roles": ["auditor"]}
    assert "is now: auditor" in capsys.readouterr().out


def test_a_key_is_made_for_oneself_with_the_limits_asked(keep, capsys) -> None:
    keep.rule("GET /v1/me", ME)
    keep.rule("POST /v1/api-keys", {"key_id": "abcdefghij", "api_key": "fk_secret", "entry": 3})
    assert keep("keys", "create", "importer", "--act", "face.enroll", "--collection", "Archive") == 0
    asked = {"member_id": "m1", "name": "importer", "acts": ["face.enroll"], "collections": ["c1"]}
    assert sent(keep, "POST /v1/api-keys") == asked
    assert "fk_secret" in capsys.readouterr().out


def test_keys_are_listed_with_what_they_are_for(keep, capsys) -> None:
    keep.rule("GET /v1/api-keys", {"items": [KEY], "next_cursor": ""})
    assert keep("keys", "list") == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("importer", "search.ask", "collection c1", "never"))
