"""The table of acts and roles in docs/roles.md is what the vault enforces. Run as a script, this writes it anew."""

from pathlib import Path

from facekeep.terms import Role
from facekeep.vault.dispatch import TABLE

PAGE = Path(__file__).parents[2] / "docs" / "roles.md"
BEGIN, END = "<!-- acts: written by tests/contracts/test_acts_documented.py -->\n", "<!-- end of acts -->\n"


def table() -> str:
    rules = sorted((rule.act, rule) for rule in TABLE.values() if rule.act)
    head = ["| act | " + " | ".join(role.replace("_", " ") for role in Role) + " |", "| --- |" + " :-: |" * len(Role)]
    rows = [
        f"| `{act}`{' *' if rule.sensitive else ''} | "
        + " | ".join("yes" if role in rule.roles else "" for role in Role)
        + " |"
        for act, rule in rules
    ]
    return "\n".join([*head, *rows]) + "\n"


def page() -> str:
    text = PAGE.read_text()
    return text[: text.index(BEGIN)] + BEGIN + "\n" + table() + "\n" + text[text.index(END) :]


def test_the_page_says_what_the_vault_enforces() -> None:
    assert PAGE.read_text() == page()


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
