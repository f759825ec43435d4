"""The thefts that take longer, by night; see `test_thefts`."""

from pathlib import Path

import pytest
from thefts.asking import Outcome, compared
from thefts.registry import THE_OTHERS, Carried
from thefts.stage import Stage

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]


@pytest.mark.parametrize("carried", THE_OTHERS, ids=lambda one: one.__name__)
def test_the_report_says_exactly_what_was_stolen(
    stage: Stage, outcomes: list[Outcome], carried: Carried, tmp_path: Path
) -> None:
    outcome = compared(stage, carried(stage), tmp_path)
    outcomes.append(outcome)
    assert outcome.is_exact, outcome
