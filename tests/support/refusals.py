"""Short ways to say what an HTTP answer must be."""

import httpx


def refused(answer: httpx.Response, *codes: str) -> dict[str, object]:
    """The problem of an answer, which must have one of these codes and say what is wrong."""
    assert answer.status_code >= 400, f"expected {codes}, got an answer"
    problem: dict[str, object] = answer.json()
    assert problem["code"] in codes, problem
    assert problem["type"] == f"urn:facekeep:error:{problem['code']}"
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def entries(client: httpx.Client, start: int = 0) -> list[dict[str, object]]:
    """The organization's log entries from an index on."""
    found: list[dict[str, object]] = []
    place: int | None = start
    while place is not None:
        page = client.get("/v1/log/entries", params={"start": place, "limit": 1000}).json()
        found += page["entries"]
        place = page["next_start"]
    return found


def newest(client: httpx.Client) -> int:
    """The number of the organization's newest entry."""
    return int(entries(client)[-1]["entry"])  # type: ignore[call-overload]
