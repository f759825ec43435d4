"""Nothing predictable comes near keys: no numpy.random, no `random`, no seed from the environment.

Reads the syntax trees of the rooms that hold or handle key material. Randomness there is an argument in `sealed` and
`ledger`, and comes from the operating system in `vault`. A tree shows names, not values: a generator handed in from
another room as an object would not be seen here; the import contracts leave no room that could hand one in.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from findings import run

ROOMS = ("sealed", "vault", "ledger")
MODULES = ("random", "numpy.random", "scipy.stats", "faker")
NAMES = frozenset({"default_rng", "RandomState", "PCG64", "MT19937", "SystemRandom", "rvs", "randbytes"})
ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb"})
DYNAMIC = frozenset({"__import__", "import_module"})


def is_forbidden(module: str) -> bool:
    """True for a module of `MODULES` and everything below it."""
    return any(module == name or module.startswith(f"{name}.") for name in MODULES)


def imported(node: ast.AST) -> Iterator[str]:
    """Full names that an import statement, or a call that imports by text, brings in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and _last_name(node.func) in DYNAMIC:
        yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def written_only(tree: ast.AST) -> Iterator[ast.AST]:
    """Mentions of the environment that only set something for others: a bare `os.environ.setdefault(...)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr == "setdefault":
                yield called.value


def findings(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) for each use of predictable randomness, or of the environment, in `source`."""
    tree = ast.parse(source)
    written = set(written_only(tree))
    for node in ast.walk(tree):
        for module in imported(node):
            if is_forbidden(module) or module.rpartition(".")[2] in NAMES:
                yield _line(node), f"imports {module}"
            elif module.startswith("os.") and module[3:] in ENVIRONMENT:
                yield _line(node), "reads the environment"
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT and node not in written:
            yield node.lineno, "reads the environment"
        elif isinstance(node, ast.Attribute | ast.Name) and _is_generator(node):
            yield node.lineno, f"uses {ast.unparse(node)}"


def check(root: Path) -> Iterator[str]:
    """One sentence a finding in the key-handling rooms under `root`, or for a room that is not there."""
    for room in ROOMS:
        files = sorted((root / "src/facekeep" / room).rglob("*.py"))
        if not files:
            yield f"src/facekeep/{room}: nothing to check"
        for path in files:
            for line, what in sorted(set(findings(path.read_text()))):
                yield f"{path.relative_to(root)}:{line}: {what}"


def _is_generator(node: ast.Attribute | ast.Name) -> bool:
    return _last_name(node) in NAMES or (isinstance(node, ast.Attribute) and node.attr == "random")


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


if __name__ == "__main__":
    sys.exit(run(check, "randomness: no predictable source in sealed, vault and ledger"))
