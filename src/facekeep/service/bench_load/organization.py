"""An organization as one that searches a lot would set itself up: rules, people, cases. All of it over HTTP."""

from dataclasses import dataclass

from facekeep.service.bench_load.line import Line
from facekeep.service.bench_load.people import Person, join

_MOST_A_DAY = 100_000  # the most that an organization may allow itself
_IN_A_CASE = 5
_RULES = {
    "password_sign_in": True,
    "searches_a_day_by_person": _MOST_A_DAY,
    "searches_a_day_in_case": _MOST_A_DAY,
    "searches_a_day_of_collection": _MOST_A_DAY,
    "searches_a_day": _MOST_A_DAY,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody works: who they are, and the case that they search in."""

    person: Person
    case_id: str


def allow_many_searches(line: Line, admin_key: str) -> None:
    """Let members sign in with passwords, and search as often as rules can allow. Nothing else is loosened."""
    line.ask("PUT", "/v1/rules", _RULES, admin_key)


def investigators(line: Line, admin_key: str, count: int) -> list[Place]:
    """So many people with cases, five in each; one of the five opens it. All of them sign out again."""
    joined = [join(line, admin_key, f"Investigator {number}", "investigator") for number in range(count)]
    groups = [joined[start : start + _IN_A_CASE] for start in range(0, count, _IN_A_CASE)]
    places = [Place(person, case_id) for group in groups for case_id in [_case_of(line, group)] for person, _ in group]
    for _, session in joined:
        line.send("DELETE", "/v1/me/session", b"", session)
    return places


def _case_of(line: Line, group: list[tuple[Person, str]]) -> str:
    (_, session), *others = group
    members = [person.member_id for person, _ in others]
    asked = {"purpose": "Testing and training", "legal_basis": "a load test", "members": members}
    return str(line.ask("POST", "/v1/cases", asked, session)["case_id"])
