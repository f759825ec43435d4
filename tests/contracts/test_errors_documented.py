"""Every code is documented, with the status the server really answers with, and nothing else is."""

import re
from pathlib import Path

from facekeep.errors import BadInput, Code, Refused, Tampered, Unavailable, group_of
from facekeep.web.problems import KINDS

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"
HEADINGS = {
    "Fix the input": BadInput,
    "Refused by policy": Refused,
    "Try again later": Unavailable,
    "Stop: something was altered": Tampered,
}
ROW = re.compile(r"^\| `(\w+)` \| (\d{3}) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def sections() -> dict[str, list[tuple[str, str, str, str]]]:
    parts = DOCUMENT.read_text().split("\n## ")[1:]
    return {part.partition("\n")[0]: ROW.findall(part) for part in parts}


def test_every_code_is_documented_once_and_nothing_else_is():
    documented = [row[0] for rows in sections().values() for row in rows]
    assert sorted(documented) == sorted(code.value for code in Code)


def test_the_documented_status_is_the_one_answered():
    for rows in sections().values():
        for code, status, _, _ in rows:
            assert KINDS[Code(code)].status == int(status), code


def test_codes_stand_under_the_heading_of_their_group():
    for heading, rows in sections().items():
        for code, *_ in rows:
            assert group_of(Code(code)) is HEADINGS[heading], code


def test_every_code_says_what_to_do():
    for rows in sections().values():
        for code, _, meaning, action in rows:
            assert len(meaning) > 15, code
            assert len(action) > 5, code
