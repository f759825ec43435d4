"""The API's description is a file in this folder. Change it on purpose: `python tests/contracts/test_openapi.py`."""

import json
import sys
from functools import cache
from pathlib import Path

from facekeep.errors import Code
from facekeep.web.app import create_api
from facekeep.web.door import OPEN_PATHS, SIGN_IN_PATHS

SNAPSHOT = Path(__file__).with_name("openapi.json")
ROUTES = Path(__file__).with_name("routes.txt")
IDS_IN_URLS = {
    "collection_id", "person_id", "face_id", "case_id", "approval_id", "lead_id", "standing_id", "webhook_id",
}  # fmt: skip
"""Random, and worthless to whoever is not of their organization. `person_id` is somebody on photos, not a user."""


@cache
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
    for path, parameter in in_urls():
        assert "name" not in parameter, path


def test_no_url_carries_an_id_of_an_organization_or_of_anybody_in_one():
    """Whoever has URLs, as proxies and browsers keep them, learns neither who the customers are nor who their people.

    A new kind of id in a URL is added to `IDS_IN_URLS` on purpose. Passkeys, keys, sessions, members, invitations and
    organizations go into bodies.
    """
    ids = {(parameter, path) for path, parameter in in_urls() if "id" in parameter.split("_")}
    assert {parameter for parameter, _ in ids} == IDS_IN_URLS
    others = {parameter for _, parameter in in_urls()} - IDS_IN_URLS
    assert others == {"cursor", "limit", "start", "entry", "size", "old_size", "new_size", "first_day", "last_day"}


def test_every_route_says_what_it_does_takes_and_answers():
    for path, method, told in operations():
        where = (method, path)
        assert told["summary"], where
        assert told["description"].endswith("."), where
        assert told["tags"], where
        for parameter in told.get("parameters", []):
            assert parameter["schema"], where
            assert parameter["description"], (*where, parameter["name"])
        if "requestBody" in told:
            assert_schemas(told["requestBody"], where)
        good = [answer for status, answer in told["responses"].items() if status.startswith("2")]
        assert len(good) == 1, where
        if "204" not in told["responses"]:
            assert_schemas(good[0], where)


def test_routes_without_a_body_are_those_that_need_none():
    for path, method, told in operations():
        if method in ("post", "put", "patch") and "requestBody" not in told:
            assert path.rsplit("/", 1)[-1] in {"begin", "approve", "end", "close", "export", "test"}, path


def test_every_route_says_how_it_fails_without_the_vault():
    for path, method, told in operations():
        if path not in OPEN_PATHS:
            assert {"400", "500", "503"} <= told["responses"].keys(), (method, path)


def assert_schemas(described: dict, where: tuple) -> None:
    """Every kind of content has a schema, and every schema that is referred to is there."""
    schemas = document()["components"]["schemas"]
    assert described["content"], where
    for kind, content in described["content"].items():
        assert content.get("schema"), (*where, kind)
        reference = content["schema"].get("$ref")
        assert reference is None or reference.rsplit("/", 1)[-1] in schemas, where


def in_urls() -> list[tuple[str, str]]:
    """(path, parameter) of everything that is part of a URL."""
    return [
        (path, parameter["name"])
        for path, _, told in operations()
        for parameter in told.get("parameters", [])
        if parameter["in"] != "header"
    ]


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n")
    ROUTES.write_text(route_table())
    sys.stdout.write(f"wrote {SNAPSHOT} and {ROUTES}\n")
