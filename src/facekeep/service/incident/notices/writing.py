"""Notices as files: the report is verified first, names are opened one by one, files are for their owner alone."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from facekeep.errors import BadInput, Code
from facekeep.service.incident import html, operating, pdf
from facekeep.service.incident.notices import facts
from facekeep.service.incident.notices.authorities import authorities
from facekeep.service.incident.notices.letters import Addressee, letters
from facekeep.service.incident.notices.notice import Notice
from facekeep.service.incident.report import CustomerPart, Report
from facekeep.settings import Settings

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
Naming = Callable[[CustomerPart], Addressee]


@dataclass(frozen=True, slots=True)
class Written:
    """One notice that was written: its file, when it is due, and what a person must still write in it."""

    file: str
    title: str
    due_at: str
    marks: tuple[str, ...]


def write(
    report: Report, folder: Path, now: datetime, *, name: Naming, everybody: bool = False, with_pdf: bool = False
) -> Iterator[Written]:
    """Write every notice of a verified report below `folder`, and say which; `name` is asked once for each letter.

    Raises
    ------
    BadInput
        `conflict`: the folder has something in it. `invalid_request`: a customer's pseudonym is none.
    """
    customers = [one for one in report.customers if everybody or facts.is_affected(one)]
    if not all(_PLAIN.fullmatch(one.customer) for one in customers):
        raise BadInput(Code.INVALID_REQUEST, "a customer of the report has no pseudonym")
    _make_empty(folder)
    for notice in authorities(report, now):
        yield _written(notice, folder, with_pdf=with_pdf)
    for customer in customers:
        for notice in letters(report, name(customer), now):
            yield _written(notice, folder, with_pdf=with_pdf)


def opened_by(settings: Settings, report: Report) -> Naming:
    """Opens names at the vault, an entry each. Raises BadInput `not_found` where the keep has no such incident."""
    incident_id = report.incident.incident_id
    if incident_id not in {one.incident_id for one in operating.incidents(settings)}:
        raise BadInput(Code.NOT_FOUND, "this keep has no such incident; --offline needs none")

    def opened(customer: CustomerPart) -> Addressee:
        try:
            found = operating.name_customer(settings, incident_id, customer.customer)
        except BadInput as error:
            if error.code != Code.NOT_FOUND:
                raise
            return Addressee(customer, is_lost=True)
        return Addressee(customer, found.name, found.organization_id)

    return opened


def _make_empty(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadInput(Code.CONFLICT, "the folder for the notices has something in it")
    folder.chmod(0o700)


def _written(notice: Notice, folder: Path, *, with_pdf: bool) -> Written:
    _save(folder / f"{notice.name}.html", html.sheet(notice.title, notice.sections).encode())
    if with_pdf:
        _save(folder / f"{notice.name}.pdf", pdf.sheet(notice.title, notice.sections))
    return Written(f"{notice.name}.html", notice.title, notice.due_at, notice.marks)


def _save(path: Path, content: bytes) -> None:
    for one in reversed(path.parents):
        if not one.exists():
            one.mkdir(mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
