"""How long leave to search is good for."""

from types import SimpleNamespace

import numpy as np
import pytest
from vault_driver import code_of

from facekeep.vault import grants
from facekeep.vault.grants import Grants, SearchGrant, fresh_grant_id


def grant() -> SearchGrant:
    return SearchGrant(fresh_grant_id(), "session", np.zeros((1, 8), np.int32), (), 1, 0.5, None, None, "", False)


@pytest.mark.parametrize("another", [False, True])
@pytest.mark.parametrize(("waited_s", "is_good"), [(59.9, True), (60.0, False), (60.1, False)])
def test_a_grant_ends_with_its_minute_whether_or_not_another_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, waited_s: float, is_good: bool, another: bool
) -> None:
    now = [1_000.0]
    monkeypatch.setattr(grants, "time", SimpleNamespace(monotonic=lambda: now[0]))
    given, one = Grants(), grant()
    given.give(one)
    now[0] += waited_s
    if another:
        given.give(grant())
    if is_good:
        assert given.take(one.grant_id, "session") is one
    else:
        assert code_of(given.take, one.grant_id, "session") == "not_found"
