"""What a search must have: a case that its member opened and that is not over, and where asked for, an approval."""

from collections.abc import Iterable

from facekeep.errors import Code, Refused
from facekeep.vault.cases import approvals
from facekeep.vault.cases.register import Case, Register, refuse_when_over
from facekeep.vault.identity import Caller
from facekeep.vault.wire import Policy, Rules


def case_for(
    register: Register, caller: Caller, rules: Rules, case_id: str, collections: Iterable[tuple[str, Policy]]
) -> Case | None:
    """The case in which these collections may be searched now; None where none was named and none is needed.

    Raises
    ------
    Refused
        `case_needed`, `case_closed` or `approval_needed`; the message says what to do.
    BadInput
        `not_found`: no case of the caller's.
    """
    wanted = list(collections)
    if not case_id:
        if any(needs_case(collection_id, policy, rules) for collection_id, policy in wanted):
            raise Refused(Code.CASE_NEEDED, "a search here needs a case; open one, or name one that you are in")
        return None
    case = register.own(caller, case_id)
    refuse_when_over(case)
    for collection_id, policy in wanted:
        needed = needs_approval(collection_id, policy, rules)
        if needed and not approvals.stands(register.database, caller, case_id, collection_id):
            raise Refused(
                Code.APPROVAL_NEEDED,
                f"searching {collection_id} needs the approval of a second person; ask for it in this case",
            )
    return case


def needs_case(collection_id: str, policy: Policy, rules: Rules) -> bool:
    """Whether a collection is searched in cases only. An evaluation collection never is."""
    return needs_approval(collection_id, policy, rules) or (policy.case_required and not policy.evaluation)


def needs_approval(collection_id: str, policy: Policy, rules: Rules) -> bool:
    """Whether a second person must approve first. An evaluation collection never asks for it."""
    return not policy.evaluation and (policy.approval_required or collection_id in rules.approval_collections)
