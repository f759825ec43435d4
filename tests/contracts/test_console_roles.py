"""Who may open which page and send which form of the console is a file in this folder, like `roles.txt` for the API.

Run as a script, this writes it anew. All who ask are people who signed in, with one role each; `yes` and `no` are tried
through the door, every cell of them, on objects that are there.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from authenticator import Authenticator, registration_json, unb64
from customers import ROLES, Customer, customers
from fastapi import APIRouter
from httpx import Response
from route_objects import Objects
from starlette.routing import BaseRoute, Route

from facekeep.web.app import create_api
from facekeep.web.console.assets import is_asset
from facekeep.web.console.cookie import is_page
from facekeep.web.console.sign_in import OPEN_PAGES, OPEN_POSTS

SNAPSHOT = Path(__file__).with_name("console_roles.txt")
COLUMNS = ("anonymous", *ROLES, "other_organization")
FACTS = {"purpose": "Testing and training", "legal_basis": "a test"}
NAMES_OBJECTS = {  # in a field
    "console_choose_organization", "console_set_roles", "console_remove_member", "console_end_sessions",
    "console_freeze_member", "console_lift_freeze", "console_withdraw_invitation", "console_revoke_key",
}  # fmt: skip
NAMES_NOTHING = {"console_help_page"}  # in its path, that is anybody's
RULES = {
    "purposes": "Testing and training", "case_days": 90, "case_retention_days": 30, "approval_hours": 72,
    "searches_a_day_by_person": 200, "searches_a_day_in_case": 500, "searches_a_day_of_collection": 2_000,
    "searches_a_day": 5_000,
}  # fmt: skip
ENDS = {"console_sign_out", "console_choose_organization"}  # the session with which they are tried
Asked = tuple[dict[str, str], dict[str, Any]]  # ids of the path, and fields


class Person:
    """Somebody with these roles at a browser."""

    def __init__(self, customer: Customer, *roles: str) -> None:
        self._customer, self._roles = customer, roles
        self._settings = customer.app._keep.settings
        self.join()

    def join(self) -> None:
        """Accept another invitation; the session is a new one."""
        ours, device = self._customer, Authenticator(origin=self._settings.sign_in_origins[0])
        code = ours.made("/v1/invitations", json={"name": token_hex(4), "roles": list(self._roles)})["code"]
        offer = ours.made("/v1/join/begin", json={"invitation": code})
        options = offer["public_key"]
        made = device.register(unb64(options["challenge"]), options["rp"]["id"], unb64(options["user"]["id"]))
        given = {"ticket": offer["ticket"], "passkey_name": "device", "credential": registration_json(made)}
        self.session = ours.made("/v1/join/finish", json={"invitation": code, **given})["session"]

    def ask(self, method: str, path: str, fields: dict[str, Any]) -> Response:
        """One request of the console's own pages."""
        return asked(self._customer, method, path, fields, self.session)


def asked(customer: Customer, method: str, path: str, fields: dict[str, Any], session: str) -> Response:
    port = customer.app._keep.settings.http.port
    headers = {"Sec-Fetch-Site": "same-origin", "X-Facekeep-Console": "1", "Cookie": f"facekeep-{port}={session}"}
    form = {"data": fields} if method == "POST" else {}
    return customer.ask(method, path, headers=headers, **form)


def forgetting(o: Objects) -> Asked:
    collection_id = o.fresh_collection()
    return {"collection_id": collection_id}, {"name": o.name_of(collection_id)}


REQUESTS: dict[str, Callable[[Objects], Asked]] = {
    "console_home": lambda o: ({}, {}),
    "console_choose_organization": lambda o: ({}, {"organization_id": "org_x"}),
    "console_sign_out": lambda o: ({}, {}),
    "console_status": lambda o: ({}, {}),
    "console_help": lambda o: ({}, {}),
    "console_help_page": lambda o: ({"name": "log"}, {}),
    "console_log": lambda o: ({}, {}),
    "console_members": lambda o: ({}, {}),
    "console_set_roles": lambda o: ({}, {"member_id": o.program(), "roles": "auditor"}),
    "console_add_program": lambda o: ({}, {"name": token_hex(8), "roles": "auditor"}),
    "console_remove_member": lambda o: ({}, {"member_id": o.program()}),
    "console_end_sessions": lambda o: ({}, {"member_id": o.program()}),
    "console_freeze_member": lambda o: ({}, {"member_id": o.program()}),
    "console_lift_freeze": lambda o: ({}, {"kind": "member", "subject_id": o.frozen()}),
    "console_withdraw_invitation": lambda o: ({}, {"invitation_id": o.invitation()}),
    "console_keys": lambda o: ({}, {}),
    "console_revoke_key": lambda o: ({}, {"key_id": o.fresh_key()}),
    "console_rules": lambda o: ({}, {}),
    "console_set_rules": lambda o: ({}, RULES),
    "console_use": lambda o: ({}, {}),
    "console_crop": lambda o: ({"face_id": o.face["face_id"]}, {}),
    "console_photo": lambda o: ({"face_id": o.face["face_id"]}, {}),
    "console_gallery": lambda o: ({}, {}),
    "console_create_collection": lambda o: ({}, {"name": token_hex(8)}),
    "console_collection": lambda o: ({"collection_id": o.collection}, {}),
    "console_add": lambda o: ({"collection_id": o.collection}, {}),
    "console_person_crop": lambda o: ({"collection_id": o.collection, "person_id": o.face["person_id"]}, {}),
    "console_person": lambda o: ({"person_id": o.face["person_id"]}, {}),
    "console_forget_person": lambda o: ({"person_id": o.fresh_face()["person_id"]}, {}),
    "console_forget_face": lambda o: ({"face_id": o.fresh_face()["face_id"]}, {}),
    "console_forget_collection": forgetting,
    "console_cases": lambda o: ({}, {}),
    "console_new_case": lambda o: ({}, {}),
    "console_create_case": lambda o: ({}, {"once": token_hex(8), **FACTS}),
    "console_case": lambda o: ({"case_id": o.case}, {}),
    "console_change_case": lambda o: ({"case_id": o.case}, {"searches_a_day": "9"}),
    "console_add_to_case": lambda o: ({"case_id": o.case}, {"members": o.everybody[0]}),
    "console_remove_from_case": lambda o: ({"case_id": o.case}, {"member_id": o.everybody[0]}),
    "console_close_case": lambda o: ({"case_id": o.fresh_case()}, {}),
    "console_approvals": lambda o: ({}, {}),
    "console_ask_approval": lambda o: ({"case_id": o.fresh_case()}, {"collection_id": o.collection}),
    "console_decide_approval": lambda o: ({"approval_id": o.approval()}, {"answer": "approve"}),
    "console_approve_standing": lambda o: ({"standing_id": o.standing()}, {}),
    "console_refuse_standing": lambda o: ({"standing_id": o.standing()}, {}),
    "console_end_standing": lambda o: ({"standing_id": o.standing()}, {}),
    "console_account": lambda o: ({}, {}),
    "console_end_other_sessions": lambda o: ({}, {}),
    "console_search": lambda o: ({}, {}),
    "console_review": lambda o: ({}, {}),
    "console_lead": lambda o: ({"lead_id": o.lead}, {}),
    "console_decide": lambda o: ({"lead_id": o.fresh_lead()}, {"verdict": "cannot_say", "reason": "r"}),
    "console_reveal": lambda o: ({"lead_id": o.lead}, {"reason": "r"}),
    "console_report": lambda o: ({"case_id": o.case}, {}),
}


def routes() -> Iterator[tuple[str, str, str]]:
    """(method, path, name) of every route of the console behind the door, in the order of their paths."""
    found = ((method, one.path, one.name) for one in _all(create_api(None).routes) for method in one.methods or ())
    yield from sorted(
        (one for one in found if is_page(one[1]) and one[1] not in OPEN_PAGES | OPEN_POSTS and not is_asset(one[1])),
        key=lambda one: (one[1], one[0]),
    )


def _all(some: list[BaseRoute]) -> Iterator[Route]:
    for one in some:
        included = getattr(one, "original_router", None)
        if isinstance(included, APIRouter):
            yield from _all(included.routes)
        elif isinstance(one, Route):
            yield one


def cell(answer: Response) -> str:
    assert answer.status_code < 500, answer.text
    return {401: "no", 403: "no"}.get(answer.status_code, "yes")


def foreign(answer: Response, objects: Objects) -> str:
    """What an answer says to another organization. It never holds an id of ours that was not in the question."""
    asked_for = str(answer.request.url) + answer.request.content.decode()
    ids = (objects.collection, objects.case, objects.face["face_id"], objects.face["person_id"], objects.key)
    assert not any(one in answer.text for one in ids if one not in asked_for), answer.text
    return {401: "no", 403: "no", 404: "hidden"}.get(answer.status_code, "own")


def tried(folder: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    with customers(folder) as all_of_them:
        ours, theirs = all_of_them.add(), all_of_them.add()
        people = {role: Person(ours, role) for role in ROLES}
        stranger, objects = Person(theirs, *ROLES), Objects(ours)
        # The log comes first: later the stranger's own names what they asked for.
        order = sorted(routes(), key=lambda one: one[2] != "console_log")
        table = {route: _row(route, objects, ours, people, stranger) for route in order}
        return {route: table[route] for route in routes()}


def _row(
    route: tuple[str, str, str], objects: Objects, ours: Customer, people: dict[str, Person], stranger: Person
) -> dict[str, str]:
    method, path, name = route

    def attempt(ask: Callable[[str, str, dict[str, Any]], Response]) -> Response:
        ids, fields = REQUESTS[name](objects)
        return ask(method, path.replace(":path", "").format(**ids), fields)

    row = {"anonymous": cell(attempt(lambda *one: asked(ours, *one, session="fs_nobody")))}
    row |= {role: cell(attempt(person.ask)) for role, person in people.items()}
    row["other_organization"] = foreign(attempt(stranger.ask), objects)
    for person in (*people.values(), stranger) if name in ENDS else ():
        person.join()
    return row


def written(table: dict[tuple[str, str, str], dict[str, str]]) -> str:
    head = f"{'route':67}" + " ".join(f"{one:>{max(6, len(one))}}" for one in COLUMNS)
    rows = [
        f"{method:6} {path:60}" + " ".join(f"{row[one]:>{max(6, len(one))}}" for one in COLUMNS)
        for (method, path, _), row in table.items()
    ]
    return "\n".join([head, *rows]) + "\n"


def test_every_route_of_the_console_has_a_request_to_try_it_with() -> None:
    assert {name for _, _, name in routes()} == set(REQUESTS)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, str]]:
    return tried(tmp_path_factory.mktemp("console roles"))


def test_every_cell_is_as_reviewed(table: dict[tuple[str, str, str], dict[str, str]]) -> None:
    assert written(table) == SNAPSHOT.read_text()


def test_nothing_is_open_to_nobody(table: dict[tuple[str, str, str], dict[str, str]]) -> None:
    assert {row["anonymous"] for row in table.values()} == {"no"}


def test_objects_of_another_organization_are_hidden(table: dict[tuple[str, str, str], dict[str, str]]) -> None:
    for (method, path, name), row in table.items():
        wants_object = ("{" in path or name in NAMES_OBJECTS) and name not in NAMES_NOTHING
        assert row["other_organization"] == ("hidden" if wants_object else "own"), (method, path)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "support"))
    with tempfile.TemporaryDirectory() as folder:
        SNAPSHOT.write_text(written(tried(Path(folder))))
    print(f"wrote {SNAPSHOT}")
