"""The calls about cases, approvals, rules and usage, described like those of `calls.py`."""

from collections.abc import Sequence
from dataclasses import asdict

from facekeep_sdk.calls import Call, Page, _create, _id, decoder, get, given, paged
from facekeep_sdk.models_cases import Approval, Case, Rules, Usage


def create_case(
    purpose: str,
    legal_basis: str,
    *,
    reference: str = "",
    members: Sequence[str] = (),
    expires_at: str | None = None,
    searches_a_day: int | None = None,
    idempotency_key: str | None = None,
) -> Call[Case]:
    """A new case, with you and `members` in it. `purpose` is one of the organization's rules."""
    body = given(
        purpose=purpose,
        legal_basis=legal_basis,
        reference=reference,
        members=list(members),
        expires_at=expires_at,
        searches_a_day=searches_a_day,
    )
    return _create("/v1/cases", Case, body, idempotency_key)


def cases(*, limit: int = 100) -> Call[Page[Case]]:
    """Every case that you are in or oversee, oldest first."""
    return paged("/v1/cases", Case, {"limit": limit})


def case(case_id: str) -> Call[Case]:
    """One case."""
    return get(f"/v1/cases/{_id(case_id)}", Case)


def change_case(case_id: str, *, expires_at: str | None = None, searches_a_day: int | None = None) -> Call[Case]:
    """Another end, or another limit, of an open case."""
    body = given(expires_at=expires_at, searches_a_day=searches_a_day)
    return Call("PATCH", f"/v1/cases/{_id(case_id)}", decoder(Case), json=body, repeatable=True)


def change_case_members(case_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Call[Case]:
    """Members into an open case, or out of it."""
    body = {"add": list(add), "remove": list(remove)}
    return Call("POST", f"/v1/cases/{_id(case_id)}/members", decoder(Case), json=body, repeatable=True)


def close_case(case_id: str) -> Call[Case]:
    """The end of a case. Closing it again is refused, so this is never repeated after it was sent."""
    return Call("POST", f"/v1/cases/{_id(case_id)}/close", decoder(Case))


def request_approval(
    case_id: str, collection_id: str, *, reason: str = "", idempotency_key: str | None = None
) -> Call[Approval]:
    """Ask that a collection may be searched in one of your cases."""
    body = {"case_id": case_id, "collection_id": collection_id, "reason": reason}
    return _create("/v1/approvals", Approval, body, idempotency_key)


def approvals(*, limit: int = 100) -> Call[Page[Approval]]:
    """Every request of your cases, or all that you may decide or oversee, oldest first."""
    return paged("/v1/approvals", Approval, {"limit": limit})


def approval(approval_id: str) -> Call[Approval]:
    """One request."""
    return get(f"/v1/approvals/{_id(approval_id)}", Approval)


def decide_approval(approval_id: str, *, approved: bool) -> Call[Approval]:
    """Approve or refuse what another person asked for."""
    path = f"/v1/approvals/{_id(approval_id)}/decision"
    return Call("POST", path, decoder(Approval), json={"approved": approved})


def rules() -> Call[Rules]:
    """Your organization's rules."""
    return get("/v1/rules", Rules)


def set_rules(rules: Rules) -> Call[Rules]:
    """Replace the rules, all of them; what is None gets its default."""
    return Call("PUT", "/v1/rules", decoder(Rules), json=given(**asdict(rules)), repeatable=True)


def usage(*, first_day: str | None = None, last_day: str | None = None) -> Call[Usage]:
    """What your organization used, by day; the last 30 days unless told otherwise."""
    days = {"first_day": first_day, "last_day": last_day}
    return get("/v1/usage", Usage, {name: value for name, value in days.items() if value is not None})
