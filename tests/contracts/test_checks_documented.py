"""The list of checks in docs/doctor.md is what `facekeep doctor` makes. Run as a script, this writes it anew."""

from pathlib import Path

from facekeep.service.doctor.finding import Check, Needs
from facekeep.service.doctor.registry import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"
BEGIN, END = "<!-- checks: written by tests/contracts/test_checks_documented.py -->\n", "<!-- end of checks -->\n"
LOOKS_AT = {
    Needs.FILES: "always",
    Needs.VAULT: "while the vault is open",
    Needs.SERVER: "while the server runs",
}


def section(check: Check) -> str:
    return (
        f"### {check.name}\n\n"
        f"**{check.severity.value.capitalize()}**, looked at {LOOKS_AT[check.needs]}. Finds {check.finds}.\n\n"
        f"Allows: {check.allows}.\n"
    )


def page() -> str:
    text = PAGE.read_text()
    listed = "\n".join(section(one) for one in CHECKS)
    return text[: text.index(BEGIN)] + BEGIN + "\n" + listed + "\n" + text[text.index(END) :]


def test_the_page_lists_every_check() -> None:
    assert PAGE.read_text() == page()


def test_no_two_checks_have_one_name() -> None:
    assert len({one.name for one in CHECKS}) == len(CHECKS) >= 40


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
