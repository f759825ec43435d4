"""Every act that an entry can name says which fields it shows or changes: a new act without a row fails here."""

import ast
from collections.abc import Iterator
from pathlib import Path

from facekeep.service.incident.fields import MEANING, OF_EVERY_CUSTOMER, TOUCHES, Field
from facekeep.vault.acts.names import ACTS

VAULT = Path(__file__).parents[2] / "src" / "facekeep" / "vault"
EVENTS = {"standing_search.hit", "reading.coverage"}  # what webhooks are told and what signals are called, not acts
MADE_UP = {"vault.panic"}  # written by a name that is put together
WRITERS = {"note", "note_all", "write", "write_all", "naming", "refused", "_note", "_write", "begin"}


def acts_in(tree: ast.AST) -> Iterator[str]:
    """Every string in a call that writes entries, or in an assignment, that has the form of an act."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in WRITERS:
            for inner in ast.walk(node):
                yield from _act(inner)
        elif isinstance(node, ast.Assign | ast.Tuple | ast.IfExp):
            for inner in ast.iter_child_nodes(node):
                yield from _act(inner)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _act(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        first, dot, last = node.value.partition(".")
        if node.value == "authenticate" or (dot and first.isidentifier() and last.isidentifier()):
            yield node.value


def written_acts() -> set[str]:
    files = [path for path in VAULT.rglob("*.py") if "schema" not in path.parts and path.name != "__main__.py"]
    found = {act for path in files for act in acts_in(ast.parse(path.read_text()))} - EVENTS
    return {act for act in found if not act.endswith((".db", ".sock", ".key", ".json", ".py"))}


def test_every_act_of_members_and_keys_has_its_fields() -> None:
    assert set(TOUCHES) >= ACTS


def test_every_act_that_the_vault_writes_has_its_fields_and_no_other() -> None:
    written = written_acts() | ACTS | MADE_UP
    assert written - set(TOUCHES) == set()
    assert set(TOUCHES) - written == set()


def test_every_field_means_something_and_is_touched_by_an_act() -> None:
    assert set(MEANING) == set(Field)
    touched = {touch.field for touches in TOUCHES.values() for of in touches.values() for touch in of}
    assert set(Field) - touched == {Field.CREDENTIALS}  # those pass with every act
    assert set(TOUCHES) >= OF_EVERY_CUSTOMER
