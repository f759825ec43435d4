"""The API's description is a file in this folder. Change it on purpose: `python tests/contracts/test_openapi.py`."""

import json
import sys
from pathlib import Path

from facekeep.errors import Code
from facekeep.web.app import create_api
from facekeep.web.door import OPEN_PATHS, SIGN_IN_PATHS

SNAPSHOT = Path(__file__).with_name("openapi.json")
ROUTES = Path(__file__).with_name("routes.txt")


def document() -> dict:
    return create_api(None).openapi()


def operations() -> list[tuple[str, str, dict]]:
    return [(path, method, told) for path, some in document()["paths"].items() for method, told in some.items()]


def route_table() -> str:
    rows = [f"{method.upper():6} {path}  {told['operationId']}" for path, method, told in operations()]
    return "\n".join(sorted(rows, key=lambda row: row[7:])) + "\n"


def test_the_description_is_the_reviewed_one():
    assert document() == json.loads(SNAPSHOT.read_text())


def test_the_route_table_is_the_reviewed_one():
    assert route_table() == ROUTES.read_text()


def test_every_route_behind_the_door_says_that_it_needs_a_key():
    assert document()["security"] == [{"key": []}]
    for path, method, told in operations():
        if path in OPEN_PATHS | SIGN_IN_PATHS:
            assert told["security"] == [], path
        else:
            assert "security" not in told, (method, path)
            assert "401" in told["responses"], (method, path)


def test_every_error_of_every_route_is_a_problem_with_known_codes():
    for path, method, told in operations():
        for status, answer in told["responses"].items():
            if int(status) < 400:
                continue
            assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
            for code in answer["description"].split(", "):
                assert Code(code), (method, path, status)


def test_every_route_with_an_id_can_answer_not_found():
    for path, method, told in operations():
        if "{" in path:
            assert "404" in told["responses"], (method, path)


def test_no_url_carries_a_name():
    for path, _, told in operations():
        for parameter in told.get("parameters", []):
            if parameter["in"] in ("path", "query"):
                assert "name" not in parameter["name"], path


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n")
    ROUTES.write_text(route_table())
    sys.stdout.write(f"wrote {SNAPSHOT} and {ROUTES}\n")
