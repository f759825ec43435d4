"""The locks are whole, hashed and agree with one another, and no file says where to download from.

Where packages come from is the decision of whoever installs: an address in the repository would be a supply chain
that they did not choose. Nothing here needs the network, and whether a hash is the right one is for the installer.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from findings import run

LOCKS = ("runtime", "dev", "models")
ADDRESS = re.compile(r"[a-z+]+://|(?:^|\s)(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)\b")
INSTALLER_WORDS = re.compile(r"index[-_]url|find[-_]links|trusted[-_]host", re.IGNORECASE)
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$")
HASH = re.compile(r"^\s+--hash=sha256:[0-9a-f]{64}(?:\s*\\)?$")


def normalized(name: str) -> str:
    """The one spelling under which package names are compared: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> set[tuple[str, str, str]]:
    """Every (name, version, marker) that `lock` pins."""
    matches = (PIN.match(line) for line in lock.read_text().splitlines())
    return {(normalized(m["name"]), m["version"], m["marker"] or "") for m in matches if m}


def wanted(source: Path) -> set[str]:
    """Names that a `.in` file asks for itself."""
    lines = (line.split("#")[0].strip() for line in source.read_text().splitlines())
    return {normalized(re.split(r"[\[<>=!~; ]", line)[0]) for line in lines if line and not line.startswith("-")}


def addresses(root: Path) -> Iterator[str]:
    """Download addresses in requirements, and installer options in whatever else might carry them."""
    for path in sorted((root / "requirements").iterdir()):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if ADDRESS.search(line):
                yield f"{path.relative_to(root)}:{number}: a download address or option: {line.strip()}"
    for name in ("Makefile", ".ci/run", "pyproject.toml", "pip.conf", "uv.toml"):
        path = root / name
        if path.exists() and INSTALLER_WORDS.search(re.sub(r"--no-emit-\S+", "", path.read_text())):
            yield f"{name}: says where packages are downloaded from"


def unhashed(root: Path, lock: str) -> Iterator[str]:
    """Lines of a lock that are neither a pin, nor a hash, nor a comment; and pins without any hash."""
    path = root / f"requirements/{lock}.txt"
    lines = path.read_text().splitlines()
    for number, (line, after) in enumerate(zip(lines, [*lines[1:], ""], strict=True), 1):
        if PIN.match(line) and not HASH.match(after):
            yield f"{path.relative_to(root)}:{number}: a pin without a SHA-256 hash"
        elif line.strip() and not (PIN.match(line) or HASH.match(line) or line.lstrip().startswith("#")):
            yield f"{path.relative_to(root)}:{number}: neither an exact pin nor a hash: {line.strip()}"


def disagreements(root: Path) -> Iterator[str]:
    """Names asked for but not locked, and versions that differ between what is shipped and what is tested."""
    folder = root / "requirements"
    for lock in LOCKS:
        locked = {name for name, _, _ in pins(folder / f"{lock}.txt")}
        missing = sorted(wanted(folder / f"{lock}.in") - locked)
        yield from (f"requirements/{lock}.txt: {name} is not locked" for name in missing)
    for name, version, _ in sorted(pins(folder / "runtime.txt") - pins(folder / "dev.txt")):
        yield f"requirements/dev.txt: {name} {version} is shipped but not what is tested"
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    declared = {normalized(re.split(r"[\[<>=!~; ]", text)[0]) for text in project["dependencies"]}
    for name in sorted(declared - wanted(folder / "runtime.in")):
        yield f"requirements/runtime.in: {name} is a dependency of the project and is missing"


def check(root: Path) -> Iterator[str]:
    """One sentence for everything that is wrong with the locks of the repository at `root`."""
    yield from addresses(root)
    for lock in LOCKS:
        yield from unhashed(root, lock)
    yield from disagreements(root)


if __name__ == "__main__":
    sys.exit(run(check, "requirements: every package is pinned, hashed and without a download address"))
