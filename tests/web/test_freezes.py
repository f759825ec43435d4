"""Freezing a member over HTTP."""

from pathlib import Path

from customers import customers


def test_a_frozen_member_is_refused_until_two_people_let_them_go_on(tmp_path: Path) -> None:
    with customers(tmp_path) as all_of_them:
        ours = all_of_them.add()
        frozen = ours.member_of("investigator")
        first, second = ours.key_of("admin"), ours.key_of("privacy_officer")
        assert ours.ask("POST", "/v1/members/freeze", api_key=first, json={"member_id": frozen}).status_code == 200
        refused = ours.ask("GET", "/v1/cases", api_key=ours.key_of("investigator"))
        assert (refused.status_code, refused.json()["code"]) == (403, "frozen")
        (shown,) = ours.ask("GET", "/v1/freezes", api_key=second).json()["items"]
        assert (shown["kind"], shown["subject_id"], shown["words"]) == ("member", frozen, 0)
        word = {"kind": "member", "subject_id": frozen}
        said = [ours.ask("POST", "/v1/freezes/lift", api_key=key, json=word).json() for key in (first, first, second)]
        assert [one["is_lifted"] for one in said] == [False, False, True]
        assert ours.ask("GET", "/v1/cases", api_key=ours.key_of("investigator")).status_code == 200
