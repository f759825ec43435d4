"""What the SDK sends and reads of cases, approvals, rules and usage, by both clients."""

import asyncio
import json

import pytest

from facekeep_sdk import AsyncClient, Client, FacekeepApiError, Rules, Usage, UsageDay

CASE = {
    "case_id": "cas_1", "purpose": "Missing person", "legal_basis": "consent", "reference": "", "members": ["mem_1"],
    "created_by": "mem_1", "created_at": "2026-03-01", "ends_at": "2026-05-30", "forget_at": "2026-06-29",
    "status": "open", "searches_a_day": None, "searches_today": 0, "later_member": 1,
}  # fmt: skip
APPROVAL = {
    "approval_id": "apr_1", "case_id": "cas_1", "collection_id": "col_1", "purpose": "p", "legal_basis": "l",
    "reason": "", "asked_by": "mem_1", "asked_at": "2026-03-01", "status": "asked", "decided_by": None,
    "decided_at": None, "expires_at": "2026-03-04",
}  # fmt: skip


@pytest.fixture
def client(server):
    with Client(server.url, "fk_test") as one:
        yield one


def sent(server) -> object:
    return json.loads(server.asked[-1].body)


def test_a_case_is_created_with_a_key_and_without_what_was_not_given(server, client) -> None:
    server.answer("POST /v1/cases", CASE, status=201)
    case = client.create_case("Missing person", "consent", members=["mem_2"])
    assert case.members == ("mem_1",)
    expected = {"purpose": "Missing person", "legal_basis": "consent", "reference": "", "members": ["mem_2"]}
    assert sent(server) == expected
    assert len(server.asked[-1].headers["Idempotency-Key"]) == 32


def test_changes_are_sent_to_the_case(server, client) -> None:
    server.answer("PATCH /v1/cases/cas_1", CASE)
    server.answer("POST /v1/cases/cas_1/members", CASE)
    server.answer("POST /v1/cases/cas_1/close", CASE)
    client.change_case("cas_1", expires_at="2026-04-01")
    assert sent(server) == {"expires_at": "2026-04-01"}
    client.change_case_members("cas_1", add=["mem_2"])
    assert sent(server) == {"add": ["mem_2"], "remove": []}
    client.close_case("cas_1")


def test_a_closing_that_was_sent_is_never_sent_again(server, client) -> None:
    server.refuse("POST /v1/cases/cas_1/close", "busy", status=503)
    with pytest.raises(FacekeepApiError):
        client.close_case("cas_1")
    assert len(server.asked) == 1


def test_rules_leave_out_what_is_none(server, client) -> None:
    server.answer("PUT /v1/rules", {"purposes": ["a"], "case_days": 5})
    assert client.set_rules(Rules(purposes=("a",), case_days=5)) == Rules(purposes=("a",), case_days=5)
    assert sent(server) == {"purposes": ["a"], "case_days": 5}


def test_a_used_up_budget_is_not_tried_again(server, client) -> None:
    more = {"exhausted": "person", "limit": 200, "returns_at": "2026-03-02T00:00:00.000Z"}
    server.refuse("POST /v1/faces/f/search", "budget_exhausted", status=429, **more)
    with pytest.raises(FacekeepApiError) as caught:
        client.search_by_face("f", ["c"], case_id="cas_1")
    assert caught.value.members["returns_at"] == more["returns_at"]
    assert sent(server) == {"collection_ids": ["c"], "top_k": 10, "case_id": "cas_1"}
    assert len(server.asked) == 1


def test_the_async_client_says_the_same(server) -> None:
    server.answer("GET /v1/cases?limit=100", {"items": [CASE], "next_cursor": ""})
    server.answer("GET /v1/approvals?limit=100", {"items": [APPROVAL], "next_cursor": ""})
    server.answer("GET /v1/usage?first_day=2026-03-01", {"days": [{"day": "2026-03-01", "searches": 1,
                  "verifications": 2, "enrollments": 3, "evaluation_searches": 4}]})  # fmt: skip
    server.answer("POST /v1/approvals/apr_1/decision", {**APPROVAL, "status": "approved"})

    async def run() -> None:
        async with AsyncClient(server.url, "fk_test") as client:
            assert [one.case_id async for one in client.cases()] == ["cas_1"]
            assert [one.status async for one in client.approvals()] == ["asked"]
            assert await client.usage(first_day="2026-03-01") == Usage((UsageDay("2026-03-01", 1, 2, 3, 4),))
            assert (await client.decide_approval("apr_1", approved=True)).status == "approved"

    asyncio.run(run())
