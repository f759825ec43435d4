"""The worked example in docs/examples/incident-2020. Run as a script, this makes it anew.

    PYTHONPATH=src:tests/support python tests/support/example_2020.py

A vault with a real log, whose clock stands in 2020. Somebody with the operator's account lists the customers for half
an hour.
"""

import json
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from incident_room import Room, furnish

from facekeep.service.incident import html, signing
from facekeep.service.incident.notices import writing
from facekeep.service.incident.notices.letters import Addressee
from facekeep.service.incident.report import CustomerPart, Report
from facekeep.vault import wire

BEGIN, END = "<!-- written by tests/support/example_2020.py -->\n", "<!-- end of what is written -->\n"
FOLDER = Path(__file__).parents[2] / "docs" / "examples" / "incident-2020"
NAMES = ("Harbor Lane Missing Persons Desk", "Elm County Reunions")
THIRD = "Northfield Lost Children"
CAUSE = (
    "The account of an operator on the machine of the vault was used from a laptop that had been stolen unlocked. Its"
    " key for remote sign-in had no second factor, and listing customers at the vault's own door asks nothing more."
)
MADE = ("report.json", "report.html", "names.json")


def live(room: Room) -> tuple[str, str]:
    """The days before, the half hour, and the hours after. Returns from when to when the half hour was."""
    third = room.driver.operator.call(
        wire.AddOrganization(name=THIRD, admin="Op", is_program=True), wire.OrganizationAdded
    )
    room.drill(store="unreadable", backup="unreadable")
    room.wait(10_800)
    room.checkpoint()
    room.wait(300)
    third_actor = room.arrive(third.organization_id, third.api_key)
    room.wait(60)
    begins_at = room.at
    for minutes in (3, 4, 11, 2, 6):
        room.wait(60 * minutes)
        room.driver.operator.call(wire.ListOrganizations(), wire.OrganizationPage)
        room.ask(third_actor, wire.ListMembers(session=third_actor.session), wire.MemberPage, "members")
    room.wait(240)
    ends_at = room.at
    room.wait(7_200)
    room.checkpoint()
    room.wait(600)
    return begins_at, ends_at


def report_of(room: Room) -> Report:
    """The report about whoever acted at the operator's door, with the room's time as when it was made."""
    begins_at, ends_at = live(room)
    asked = {"suspects": ("operator",), "tiers": ("insider",), "root_cause": CAUSE}
    return msgspec.structs.replace(room.report(room.incident(), begins_at, ends_at, **asked), made_at=room.at)


def make(folder: Path) -> Report:
    """The whole example in an empty folder, but for its page."""
    patch = pytest.MonkeyPatch()
    with tempfile.TemporaryDirectory() as place:
        room = furnish(Path(place) / "keep", patch, NAMES, datetime(2020, 2, 17, 9, tzinfo=UTC))
        try:
            report = report_of(room)
            (folder / "report.json").write_bytes(signing.signed(room.settings, report))
            told = (folder / "report.json").read_bytes()
            checked = signing.verified(told, expected_key=report.log.verifier_key)
            opened = {one.customer: writing.opened_by(room.settings, report)(one) for one in checked.customers}
        finally:
            patch.undo()
            room.keeper.seal()
    who = {pseudonym: (one.name, one.organization_id) for pseudonym, one in opened.items()}
    (folder / "names.json").write_text(json.dumps(who, indent=2) + "\n")
    pages(checked, who, folder)
    return checked


def pages(report: Report, who: dict[str, tuple[str, str]], folder: Path) -> None:
    """The report's page and the notices, as of half an hour after the report."""
    (folder / "report.html").write_text(html.page(report))

    def name(customer: CustomerPart) -> Addressee:
        return Addressee(customer, *who[customer.customer])

    now = datetime.fromisoformat(report.made_at).replace(minute=59)
    list(writing.write(report, folder / "notices", now, name=name))


def index(text: str, report: Report, files: list[str]) -> str:
    """The example's page with the log's key and a link to each file."""
    listed = "".join(f"- [{one}]({one})\n" for one in files)
    told = f"The log's key: `{report.log.verifier_key}`\n\n{listed}"
    return text[: text.index(BEGIN)] + BEGIN + "\n" + told + "\n" + text[text.index(END) :]


def files_of(folder: Path) -> list[str]:
    """The files of an example, but for its page, in order."""
    return sorted(
        str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file() and one.name != "index.md"
    )


def committed() -> Report:
    """The report of the example in docs/, verified by the key on its page."""
    key = (FOLDER / "index.md").read_text().split("The log's key: `")[1].split("`")[0]
    return signing.verified((FOLDER / "report.json").read_bytes(), expected_key=key)


if __name__ == "__main__":
    for one in MADE:
        (FOLDER / one).unlink(missing_ok=True)
    shutil.rmtree(FOLDER / "notices", ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    key = make(FOLDER).log.verifier_key
    told = signing.verified((FOLDER / "report.json").read_bytes(), expected_key=key)
    page = FOLDER / "index.md"
    page.write_text(index(page.read_text(), told, files_of(FOLDER)))
    print(f"made anew: {FOLDER}", file=sys.stderr)
