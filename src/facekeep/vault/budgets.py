"""Budgets: how many searches a day a person, a case, a collection and an organization may make.

A grant spends, durably, before it is given: one search a probe, in every scope at once or in none. Nothing is given
back, whether the search is carried out, fails or is abandoned, so that neither a restart nor a broken search node buys
more. Narrowed searches (1:1 against the gallery) spend the same. Days are of UTC. Only evaluation collections are
searched without a budget.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from facekeep.errors import Code, Refused
from facekeep.vault import clock
from facekeep.vault.cases.register import Case
from facekeep.vault.database import Database
from facekeep.vault.identity import Caller
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.wire import Rules


@dataclass(frozen=True, slots=True)
class Budget:
    """What one scope may spend in a day: `person`, `case`, `collection` or `organization`."""

    scope: str
    subject: str
    limit: int


def budgets_of(
    caller: Caller, case: Case | None, collections: Iterable[OpenCollection], rules: Rules
) -> list[Budget]:
    """Every budget that a search of some collections spends of; none where all of them are for evaluation."""
    counted = [one for one in collections if not one.policy.evaluation]
    if not counted:
        return []
    return [
        Budget("person", caller.member_id, rules.searches_a_day_by_person),
        *_of_case(case, rules),
        *(_of_collection(one, rules) for one in counted),
        Budget("organization", caller.org_id, rules.searches_a_day),
    ]


def spend(database: Database, org_id: str, budgets: Iterable[Budget], searches: int) -> None:
    """Inside a transaction: spend `searches` of every budget.

    Raises
    ------
    Refused
        `budget_exhausted`, with what ran out, its limit and when it returns; the transaction must not be committed.
    """
    today = clock.day_number()
    for budget in budgets:
        spent = spent_on(database, org_id, budget.scope, budget.subject, today)
        if spent + searches > budget.limit:
            raise _exhausted(budget, today)
        database.run(
            "INSERT INTO spendings VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT DO UPDATE SET spent = spent + excluded.spent",
            org_id,
            budget.scope,
            budget.subject,
            today,
            searches,
        )


def spent_on(database: Database, org_id: str, scope: str, subject: str, day: int) -> int:
    """How much of a budget was spent on a day."""
    found = database.row(
        "SELECT spent FROM spendings WHERE org_id = ? AND scope = ? AND subject = ? AND day = ?",
        org_id,
        scope,
        subject,
        day,
    )
    return 0 if found is None else int(found[0])


def forget_before(database: Database, day: int) -> None:
    """Inside a transaction: drop what was spent before a day."""
    database.run("DELETE FROM spendings WHERE day < ?", day)


def _of_case(case: Case | None, rules: Rules) -> list[Budget]:
    if case is None:
        return []
    return [Budget("case", case.case_id, _narrower(rules.searches_a_day_in_case, case.searches_a_day))]


def _of_collection(collection: OpenCollection, rules: Rules) -> Budget:
    limit = _narrower(rules.searches_a_day_of_collection, collection.policy.searches_a_day)
    return Budget("collection", collection.collection_id, limit)


def _narrower(usual: int, own: int | None) -> int:
    return usual if own is None else min(usual, own)


def _exhausted(budget: Budget, today: int) -> Refused:
    returns_at = clock.start_of_day(today + 1)
    message = f"the searches of this {budget.scope} are used up ({budget.limit} a day); they return at {returns_at}"
    details: dict[str, str | int] = {"exhausted": budget.scope, "limit": budget.limit, "returns_at": returns_at}
    return Refused(Code.BUDGET_EXHAUSTED, message, details=details)
