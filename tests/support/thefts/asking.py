"""The operator's part: open an incident, ask for a report, and compare it with what the thief really held."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from facekeep.cli.main import run
from thefts.stage import Stage
from thefts.truth import Truth

Three = tuple[str, str, str]


@dataclass(frozen=True)
class Theft:
    """What was done and what an operator would ask of it.

    `asked` are options of `facekeep incident report`; `rest` is the verdict that every field must have which the thief
    did not get, but for `unproven` ones, of which there may be no evidence only; with `of_whom`, of these customers.
    `set_right` undoes what the theft did to the keep, for the next one.
    """

    name: str
    truth: Truth
    begins_at: str
    ends_at: str
    asked: tuple[str, ...]
    rest: str = "PROVEN NOT ACCESSED"
    unproven: frozenset[str] = frozenset()
    of_whom: frozenset[str] = frozenset()
    is_foreign: bool = False
    set_right: Callable[[], object] | None = None

    def is_wrong(self, customer: str, field: str, verdict: str) -> bool:
        """Whether a field that was not accessed has another verdict than it must."""
        if self.of_whom and customer not in self.of_whom:
            return False
        return verdict != ("NO EVIDENCE" if field in self.unproven else self.rest)


@dataclass(frozen=True)
class Outcome:
    """How a report compares with the truth: by (customer, field, minute), and by (customer, field, record)."""

    name: str
    cells: int
    records: int
    rest: str
    precision: float
    recall: float
    record_precision: float
    record_recall: float
    invented: tuple[Three, ...]
    missed: tuple[Three, ...]
    wrong_verdicts: tuple[Three, ...]

    @property
    def is_exact(self) -> bool:
        """Whether nothing was invented, nothing missed, and nothing called proven that is not."""
        exact = (self.precision, self.recall, self.record_precision, self.record_recall) == (1.0,) * 4
        return exact and not self.wrong_verdicts


def facekeep(stage: Stage, *arguments: object) -> Any:
    """A command of the operator's, which succeeds; its JSON."""
    out, err = io.StringIO(), io.StringIO()
    with stage.operating(), redirect_stdout(out), redirect_stderr(err):
        status = run([*(str(one) for one in arguments), "--data", str(stage.keep.data_dir), "--json"])
    assert status == 0, (arguments, err.getvalue())
    return json.loads(out.getvalue())


def compared(stage: Stage, theft: Theft, folder: Path) -> Outcome:
    """Open an incident, have the report made, check it as anybody would, and compare."""
    stage.later()  # what the operator does now is no part of the time that is asked about
    incident = facekeep(stage, "incident", "open")["incident_id"]
    out = folder / f"{theft.name}.json"
    window = ("--from", theft.begins_at, "--to", theft.ends_at)
    if theft.is_foreign:
        facekeep(stage, "incident", "foreign", incident, *window)
    made = facekeep(stage, "incident", "report", incident, *window, *theft.asked, "--out", out)
    assert facekeep(stage, "incident", "verify", out, "--key", made["key"])["verdicts"] == made["verdicts"]

    @cache
    def named(pseudonym: str) -> str:
        return str(facekeep(stage, "incident", "name", incident, pseudonym)["organization_id"])

    report = json.loads(out.read_bytes())["report"]
    outcome = _outcome(theft, report["customers"], named)
    if theft.set_right is not None:
        theft.set_right()
    return outcome


def _outcome(theft: Theft, customers: Sequence[dict[str, Any]], named: Any) -> Outcome:
    minutes: set[Three] = set()
    records: set[Three] = set()
    wrong: list[Three] = []
    for customer in customers:
        org = named(customer["customer"])
        for one in customer["fields"]:
            if one["verdict"] == "ACCESSED":
                minutes |= {(org, one["field"], minute) for minute in one["minutes"]}
                named_here = {each["subject"] for each in one["subjects"]} - {customer["customer"]}
                records |= {(org, one["field"], each) for each in named_here}
            elif theft.is_wrong(org, one["field"], one["verdict"]):
                wrong.append((org, one["field"], one["verdict"]))
    truth = theft.truth
    return Outcome(
        name=theft.name,
        cells=len(truth.minutes),
        records=len(truth.subjects),
        rest=theft.rest,
        precision=_share(minutes & truth.minutes, minutes),
        recall=_share(minutes & truth.minutes, truth.minutes),
        record_precision=_share(records & truth.subjects, records),
        record_recall=_share(records & truth.subjects, truth.subjects),
        invented=tuple(sorted((minutes - truth.minutes) | (records - truth.subjects))),
        missed=tuple(sorted((truth.minutes - minutes) | (truth.subjects - records))),
        wrong_verdicts=tuple(sorted(wrong)),
    )


def _share(some: set[Three], of: set[Three]) -> float:
    return len(some) / len(of) if of else 1.0


def refused(data: Path, *arguments: object) -> str:
    """What a command says that fails."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([*(str(one) for one in arguments), "--data", str(data), "--json"])
    assert status != 0, out.getvalue()
    return err.getvalue()
