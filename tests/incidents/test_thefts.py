"""Thefts from a running keep, in two files so that the suite stays quick: a handful by day, every other one by night.

What the thief held is read from what came back to them; the report has to say exactly that, of the right customers, in
the right minutes, of the right records, and may call nothing proven that is not.
"""

from pathlib import Path

import pytest
from thefts.asking import Outcome, compared
from thefts.registry import HANDFUL, Carried
from thefts.stage import Stage


@pytest.mark.parametrize("carried", HANDFUL, ids=lambda one: one.__name__)
def test_the_report_says_exactly_what_was_stolen(
    stage: Stage, outcomes: list[Outcome], carried: Carried, tmp_path: Path
) -> None:
    outcome = compared(stage, carried(stage), tmp_path)
    outcomes.append(outcome)
    assert outcome.is_exact, outcome
