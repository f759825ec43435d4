"""What stands before a search: its case, a second person's approval where one is needed, and its budgets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facekeep.vault import budgets, sketches
from facekeep.vault.acts.cases import register_of
from facekeep.vault.cases import needs
from facekeep.vault.cases.register import Case
from facekeep.vault.identity import Caller, rules
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import OpenCollection


def case_for(vault: OpenVault, caller: Caller, collections: Sequence[OpenCollection], case_id: str) -> Case | None:
    """The case in which these collections may be searched now. Raises what `needs.case_for` does."""
    current = rules.load(vault.database, caller.org_id)
    wanted = ((one.collection_id, one.policy) for one in collections)
    return needs.case_for(register_of(vault, caller), caller, current, case_id, wanted)


def spend(
    vault: OpenVault,
    caller: Caller,
    case: Case | None,
    collections: Sequence[OpenCollection],
    probes: NDArray[np.int32],
) -> bool:
    """Spend the budgets of a search, durably, and remember its probes; whether one of them is a near duplicate.

    Raises Refused `budget_exhausted`; nothing is spent then.
    """
    current = rules.load(vault.database, caller.org_id)
    due = budgets.budgets_of(caller, case, collections, current)
    if not due:
        return False
    key = vault.shelf.org_key(caller.org_id)
    with vault.database.transaction():
        budgets.spend(vault.database, caller.org_id, due, len(probes))
        is_near = sketches.note_probes(vault.database, key, caller.org_id, caller.member_id, probes)
        vault.journal.save_anchor()
    return is_near
