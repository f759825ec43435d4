"""The worked example in docs/examples/incident-2020 verifies, is what this version writes, and can be made again.

tests/support/example_2020.py, run as a script, writes it anew.
"""

import json
from collections import Counter
from pathlib import Path

from example_2020 import FOLDER, NAMES, THIRD, committed, files_of, index, make, pages

from facekeep.service.incident.notices.notice import MARKED
from facekeep.service.incident.report import Report


def verdicts(report: Report) -> list[Counter[tuple[str, str]]]:
    found = (Counter((part.field, part.verdict.value) for part in one.fields) for one in report.customers)
    return sorted(found, key=str)


def test_its_pages_are_what_is_written_of_its_report(tmp_path: Path) -> None:
    report = committed()
    pages(report, json.loads((FOLDER / "names.json").read_text()), tmp_path)
    for one in files_of(tmp_path):
        assert (tmp_path / one).read_text() == (FOLDER / one).read_text(), one
    assert {*files_of(tmp_path), "report.json", "names.json"} == set(files_of(FOLDER))
    page = (FOLDER / "index.md").read_text()
    assert page == index(page, report, files_of(FOLDER))


def test_made_again_it_says_the_same(tmp_path: Path) -> None:
    again, report = make(tmp_path), committed()
    assert verdicts(again) == verdicts(report)
    assert again.question.tiers == report.question.tiers
    assert [one.what for one in again.timeline.moments] == [one.what for one in report.timeline.moments]
    assert len(files_of(tmp_path)) == len(files_of(FOLDER))
    marks = (sum(len(MARKED.findall(one.read_text())) for one in root.rglob("*.html")) for root in (tmp_path, FOLDER))
    assert next(marks) == next(marks) > 0


def test_every_letter_names_its_customer_alone() -> None:
    names = {*NAMES, THIRD}
    letters = list((FOLDER / "notices" / "customers").rglob("*.html"))
    assert len(letters) == 9
    for one in letters:
        assert len([name for name in names if name in one.read_text()]) == 1
    others = [one.read_text() for one in (FOLDER / "notices").rglob("*.html") if one not in letters]
    assert not [text for text in others if any(name in text for name in names) or "cus_" in text]
