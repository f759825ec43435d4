"""Who may do what is a file in this folder: a row a route, a column a role.

Run as a script, this writes it anew.

`yes` and `no` are tried over HTTP, every cell of them, on objects that are there. The last column is another
organization's admin with every role: `hidden` is 404 as for what never was, `own` sees nothing of ours. All ask with
API keys, so what is for people who signed in says `no` to everybody; people try it in `tests/web/test_sign_in.py`.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from customers import ROLES, Customer, customers
from httpx import Response
from route_objects import Objects, photo

from facekeep.web.app import create_api
from facekeep.web.door import OPEN_PATHS, SIGN_IN_PATHS

SNAPSHOT = Path(__file__).with_name("roles.txt")
ANYBODY = "anonymous"
_IDS = (
    "collection_id", "person_id", "face_id", "case_id", "approval_id", "lead_id", "standing_id", "webhook_id",
)  # fmt: skip
OTHER = "other_organization"
COLUMNS = (ANYBODY, *ROLES, OTHER)


RESPONSE = {"clientDataJSON": "AA", "attestationObject": "AA", "authenticatorData": "AA", "signature": "AA"}
PASSKEY = {"ticket": "AA", "credential": {"id": "AA", "type": "public-key", "response": RESPONSE}}
FOR_KEYS_TOO = {"me", "list_memberships", "sign_out"}  # all else under /v1/me is for people who signed in


REQUESTS: dict[str, Callable[[Objects], dict[str, Any]]] = {
    "me": lambda o: {},
    "status": lambda o: {},
    "list_members": lambda o: {},
    "add_program": lambda o: {"json": {"name": "p", "roles": ["auditor"]}},
    "set_roles": lambda o: {"json": {"member_id": o.program(), "roles": ["reviewer"]}},
    "remove_member": lambda o: {"json": {"member_id": o.program()}},
    "end_sessions": lambda o: {"json": {"member_id": o.program()}},
    "freeze_member": lambda o: {"json": {"member_id": o.program()}},
    "list_freezes": lambda o: {},
    "lift_freeze": lambda o: {"json": {"kind": "member", "subject_id": o.frozen()}},
    "invite": lambda o: {"json": {"name": "x", "roles": ["auditor"]}},
    "list_invitations": lambda o: {},
    "withdraw_invitation": lambda o: {"json": {"invitation_id": o.invitation()}},
    "make_api_key": lambda o: {"json": {"member_id": o.program(), "name": "k"}},
    "list_api_keys": lambda o: {},
    "revoke_api_key": lambda o: {"json": {"key_id": o.fresh_key()}},
    "create_collection": lambda o: {"json": {"name": token_hex(8)}},
    "list_collections": lambda o: {},
    "show_collection": lambda o: {"collection_id": o.collection},
    "forget_collection": lambda o: {"collection_id": o.fresh_collection()},
    "create_person": lambda o: {"collection_id": o.collection, "json": {"name": "n"}},
    "list_persons": lambda o: {"collection_id": o.collection},
    "show_person": lambda o: {"person_id": o.face["person_id"]},
    "forget_person": lambda o: {"person_id": o.fresh_face()["person_id"]},
    "enroll": lambda o: {"collection_id": o.collection, "data": {"metadata": "[{}]"}, **photo()},
    "list_faces": lambda o: {"collection_id": o.collection},
    "show_face": lambda o: {"face_id": o.face["face_id"]},
    "forget_face": lambda o: {"face_id": o.fresh_face()["face_id"]},
    "show_crop": lambda o: {"face_id": o.face["face_id"]},
    "show_photo": lambda o: {"face_id": o.face["face_id"]},
    "detect": lambda o: photo(),
    "search": lambda o: {"data": {"query": json.dumps({"collection_ids": [o.collection]})}, **photo()},
    "search_by_face": lambda o: {"face_id": o.face["face_id"], "json": {"collection_ids": [o.collection]}},
    "verify": lambda o: {"data": {"query": json.dumps({"face_id": o.face["face_id"]})}, **photo("first")},
    "create_case": lambda o: {"json": {"purpose": "Testing and training", "legal_basis": "a test"}},
    "list_cases": lambda o: {},
    "show_case": lambda o: {"case_id": o.case},
    "change_case": lambda o: {"case_id": o.case, "json": {"searches_a_day": 9}},
    "change_case_members": lambda o: {"case_id": o.case, "json": {}},
    "close_case": lambda o: {"case_id": o.fresh_case()},
    "request_approval": lambda o: {"json": {"case_id": o.fresh_case(), "collection_id": o.collection}},
    "list_approvals": lambda o: {},
    "show_approval": lambda o: {"approval_id": o.approval()},
    "decide_approval": lambda o: {"approval_id": o.approval(), "json": {"approved": True}},
    "list_leads": lambda o: {"case_id": o.case},
    "show_lead": lambda o: {"lead_id": o.lead},
    "decide_lead": lambda o: {"lead_id": o.fresh_lead(), "json": {"verdict": "cannot_say", "reason": "blurred"}},
    "reveal_lead": lambda o: {"lead_id": o.lead, "json": {"reason": "to ask the family"}},
    "create_standing_search": lambda o: {
        "case_id": o.case, "data": {"query": json.dumps({"collection_ids": [o.collection]})}, **photo()
    },
    "list_standing_searches_of_case": lambda o: {"case_id": o.case},
    "list_standing_searches": lambda o: {},
    "show_standing_search": lambda o: {"standing_id": o.standing()},
    "approve_standing_search": lambda o: {"standing_id": o.standing()},
    "end_standing_search": lambda o: {"standing_id": o.standing()},
    "list_hits": lambda o: {"standing_id": o.standing()},
    "set_webhook": lambda o: {"json": {"url": "https://alerts.example/2"}},
    "list_webhooks": lambda o: {},
    "remove_webhook": lambda o: {"webhook_id": o.webhook()},
    "test_webhook": lambda o: {"webhook_id": o.webhook()},
    "show_rules": lambda o: {},
    "set_rules": lambda o: {"json": {}},
    "show_usage": lambda o: {},
    "read_log": lambda o: {},
    "checkpoint": lambda o: {},
    "begin_export": lambda o: {},
    "read_export": lambda o: {"params": {"entry": 0}},
    "proof": lambda o: {"params": {"entry": 0}},
    "consistency": lambda o: {"params": {"old_size": 1}},
    "list_memberships": lambda o: {},
    "choose_organization": lambda o: {"json": {"organization_id": "org_x"}},
    "accept_invitation": lambda o: {"json": {"invitation": "fi_x"}},
    "begin_proof": lambda o: {},
    "finish_proof": lambda o: {"json": PASSKEY},
    "prove_password": lambda o: {"json": {"password": "x", "code": "123456"}},
    "list_sessions": lambda o: {},
    "end_other_sessions": lambda o: {},
    "sign_out": lambda o: {},
    "list_passkeys": lambda o: {},
    "begin_passkey": lambda o: {},
    "finish_passkey": lambda o: {"json": {**PASSKEY, "name": "n"}},
    "revoke_passkey": lambda o: {"json": {"passkey_id": "pas_x"}},
    "begin_password": lambda o: {},
    "finish_password": lambda o: {"json": {"ticket": "AA", "password": "x", "code": "123456"}},
    "change_password": lambda o: {"json": {"password": "x"}},
}


def routes() -> Iterator[tuple[str, str, str]]:
    """(method, path, name) of every route behind the door, in the order of their paths."""
    paths = create_api(None).openapi()["paths"]
    found = [(m.upper(), path, told["operationId"]) for path, some in paths.items() for m, told in some.items()]
    closed = (one for one in found if one[1] not in OPEN_PATHS | SIGN_IN_PATHS)
    yield from sorted(closed, key=lambda one: (one[1], one[0]))


def attempt(route: tuple[str, str, str], objects: Objects, asker: Customer, key: str) -> Response:
    method, path, name = route
    request = REQUESTS[name](objects)
    ids = {one: request.pop(one) for one in _IDS if one in request}
    return asker.ask(method, path.format(**ids), api_key=key, **request)


def cell(answer: Response) -> str:
    """What an answer says of a role: anything but a refusal counts as `yes`, also an answer that something is wrong."""
    return {401: "no", 403: "no"}.get(answer.status_code, "yes")


def foreign(answer: Response, objects: Objects) -> str:
    """What an answer says to another organization. It never holds an id of ours."""
    ids = (objects.collection, objects.case, objects.face["face_id"], objects.face["person_id"], objects.key)
    ids = (*ids, objects.lead, objects.sought)
    assert not any(one.encode() in answer.content for one in ids), answer.text
    return {401: "no", 403: "no", 404: "hidden"}.get(answer.status_code, "own")


def tried(folder: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    with customers(folder) as all_of_them:
        ours = all_of_them.add()
        objects = Objects(ours)
        return {route: _row(route, objects, ours, all_of_them.add()) for route in routes()}


def _row(route: tuple[str, str, str], objects: Objects, ours: Customer, theirs: Customer) -> dict[str, str]:
    row = {ANYBODY: cell(attempt(route, objects, ours, "fk_nobody"))}
    row |= {role: cell(attempt(route, objects, ours, ours.key_of(role))) for role in ROLES}
    return row | {OTHER: foreign(attempt(route, objects, theirs, theirs.api_key), objects)}


def written(table: dict[tuple[str, str, str], dict[str, str]]) -> str:
    head = f"{'route':45}" + " ".join(f"{one:>{max(6, len(one))}}" for one in COLUMNS)
    rows = [
        f"{method:6} {path:38}" + " ".join(f"{row[one]:>{max(6, len(one))}}" for one in COLUMNS)
        for (method, path, _), row in table.items()
    ]
    return "\n".join([head, *rows]) + "\n"


def test_every_route_has_a_request_to_try_it_with() -> None:
    assert {name for _, _, name in routes()} == set(REQUESTS)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, str]]:
    return tried(tmp_path_factory.mktemp("roles"))


def test_every_cell_is_as_reviewed(table: dict[tuple[str, str, str], dict[str, str]]) -> None:
    assert written(table) == SNAPSHOT.read_text()


def test_nothing_is_open_to_nobody(table: dict[tuple[str, str, str], dict[str, str]]) -> None:
    assert {row[ANYBODY] for row in table.values()} == {"no"}


def test_objects_of_another_organization_are_hidden(table: dict[tuple[str, str, str], dict[str, str]]) -> None:
    for (method, path, name), row in table.items():
        wants_object = "{" in path or name in {
            "set_roles", "remove_member", "end_sessions", "withdraw_invitation", "make_api_key", "revoke_api_key",
            "freeze_member", "lift_freeze",
            "search", "verify", "read_export", "request_approval",
        }  # fmt: skip
        if path.startswith("/v1/me/") and name not in FOR_KEYS_TOO:
            assert set(row.values()) == {"no"}, (method, path)
        else:
            assert row[OTHER] == ("hidden" if wants_object else "own"), (method, path)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "support"))
    with tempfile.TemporaryDirectory() as folder:
        SNAPSHOT.write_text(written(tried(Path(folder))))
    print(f"wrote {SNAPSHOT}")
