"""Every error code has advice and an exit status, and the document tells of every status."""

from pathlib import Path

import pytest

from facekeep.cli.exits import ADVICE, Exit, advice, exit_status
from facekeep.errors import Code

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_advice_of_one_line(code) -> None:
    assert advice(code) == ADVICE[code]
    assert "\n" not in advice(code)


def test_statuses_follow_the_tree_of_errors() -> None:
    expected = {
        Code.NO_FACE: Exit.BAD_INPUT,
        Code.ALREADY_INITIALIZED: Exit.BAD_INPUT,
        Code.UNAUTHENTICATED: Exit.REFUSED,
        Code.BUDGET_EXHAUSTED: Exit.REFUSED,
        Code.VAULT_SEALED: Exit.UNAVAILABLE,
        Code.SUMS_REFUSED: Exit.TAMPERED,
        Code.LOG_ALTERED: Exit.TAMPERED,
        "server_unreachable": Exit.UNAVAILABLE,
        "photo_unreadable": Exit.BAD_INPUT,
        "never heard of": Exit.UNEXPECTED,
    }
    assert {code: exit_status(code) for code in expected} == expected


@pytest.mark.parametrize("status", list(Exit))
def test_the_document_tells_of_every_status(status) -> None:
    assert f"| {status.value} |" in DOCUMENT.read_text(encoding="utf-8")
