"""What drills compare with is what docs/threat-model.md says, row by row, and docs/drill.md lists it."""

from pathlib import Path
from typing import get_args

from facekeep.service.drill.declared import TIERS, TRIES
from facekeep.vault.wire import DrilledTier

_DOCS = Path(__file__).parents[2] / "docs"


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:2] == "| "]


def test_every_declared_tier_has_its_row_in_the_threat_model() -> None:
    section = (_DOCS / "threat-model.md").read_text().split("## What each thief learns")[1].split("\n## ")[0]
    learned = {row[0]: row for row in _rows(section)}
    for tier in TIERS.values():
        assert tier.row in learned, tier.name
        says_all = learned[tier.row][1].startswith(("every key", "what the live server learns"))
        assert says_all == (tier.expected == "readable"), tier.name


def test_the_page_about_drills_lists_every_tier_as_declared() -> None:
    page = (_DOCS / "drill.md").read_text().split("## Tries")[0]
    shown = {row[0].strip("`"): row[1:] for row in _rows(page) if row[0].startswith("`")}
    assert shown == {
        one.name: [one.holds, one.expected, ", ".join(f"`{name}`" for name in one.covers)] for one in TIERS.values()
    }


def test_the_page_about_drills_lists_every_try_as_declared() -> None:
    section = (_DOCS / "drill.md").read_text().split("## Tries")[1].split("\n## ")[0]
    shown = {row[0]: row[1:] for row in _rows(section)[2:]}
    assert shown == {
        one.name: [", ".join(f"`{name}`" for name in one.tiers), f"{one.by_chance:g}", f"{one.at_most:g}"]
        for one in TRIES.values()
    }
    assert {name for one in TRIES.values() for name in one.tiers} <= set(TIERS)


def test_every_tier_of_bytes_that_reports_may_rest_on_is_drilled() -> None:
    assert {name for one in TIERS.values() for name in one.covers} == set(get_args(DrilledTier))
