"""The names others build on are a file in this folder: `python tests/contracts/test_public_names.py` writes it anew."""

import importlib
import sys
from pathlib import Path

import facekeep_sdk
from facekeep.errors import Code

SNAPSHOT = Path(__file__).with_name("public_names.txt")
MODULES = (
    "facekeep.errors", "facekeep.terms", "facekeep.service.collections", "facekeep.service.detect",
    "facekeep.service.enroll", "facekeep.service.faces", "facekeep.service.forget", "facekeep.service.health",
    "facekeep.service.housekeeping", "facekeep.service.idempotency", "facekeep.service.keep", "facekeep.service.log",
    "facekeep.service.meaning", "facekeep.service.members", "facekeep.service.persons", "facekeep.service.photos",
    "facekeep.service.refusals", "facekeep.service.search", "facekeep.service.sessions", "facekeep.service.status",
    "facekeep.service.verify",
)  # fmt: skip


def own_names(module_name: str) -> list[str]:
    """What a module itself defines and does not hide."""
    module = importlib.import_module(module_name)
    return sorted(
        f"{module_name}.{name}"
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module_name
    )


def public_names() -> str:
    codes = [f"code {code.value}" for code in Code]
    sdk = [f"facekeep_sdk.{name}" for name in sorted(facekeep_sdk.__all__)]
    return "\n".join([*codes, *sdk, *(name for module in MODULES for name in own_names(module))]) + "\n"


def test_the_public_names_are_the_reviewed_ones():
    assert public_names() == SNAPSHOT.read_text()


if __name__ == "__main__":
    SNAPSHOT.write_text(public_names())
    sys.stdout.write(f"wrote {SNAPSHOT}\n")
