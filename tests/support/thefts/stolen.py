"""What can be read in stolen bytes: looked for in every encoding of a drill, each customer's planted things apart."""

from functools import cached_property
from pathlib import Path

from facekeep.service.drill.scanning import Scanner
from facekeep.service.drill.traces import Trace, of_photo, of_text
from thefts.customers import Customer
from thefts.stage import Stage
from thefts.truth import Truth

_BETWEEN = "|"


class Reader:
    """A thief who reads files. Made before the theft: it looks at the pictures as their owners do."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._traces = [trace for one in stage.customers for trace in _traces(one)]

    @cached_property
    def _scanner(self) -> Scanner:
        """A scanner that was shown to find each of them among other bytes."""
        scanner = Scanner(self._traces)
        first = {trace.label: trace.pattern for trace in reversed(self._traces)}
        found = {one.label for one in scanner.in_bytes(b"\0\1\2".join(first.values()), "control")}
        assert found == set(first)
        return scanner

    def holds(self, folder: Path) -> Truth:
        """What is readable of whom in the files of a folder, and in their names."""
        assert any(one.is_file() and one.stat().st_size for one in folder.rglob("*"))
        truth = Truth()
        for finding in self._scanner.in_folder(folder):
            customer, field, subject, _ = finding.label.split(_BETWEEN)
            truth.add(customer, self._stage.clock.minute, iter([(field, subject)]))
        return truth


def _traces(one: Customer) -> list[Trace]:
    texts = {**one.texts, ("organization", one.organization_id): one.name}
    texts |= {("credentials", key.removeprefix("fk_")[:10]): key for key in one.keys.values()}
    found = [trace for (field, subject), text in texts.items() for trace in of_text(_label(one, field, subject), text)]
    for face in one.faces:
        for field in ("crop", "photo"):
            picture = one.ask("custodian", "GET", f"/v1/faces/{face}/{field}").content
            found += of_photo(_label(one, field, face), picture)
    return found


def _label(one: Customer, field: str, subject: str) -> str:
    return _BETWEEN.join((one.organization_id, field, subject, ""))
