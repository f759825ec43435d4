"""What is shipped may be shipped: the license of every runtime package was read by a person and is still the same.

`licenses.toml` holds one reviewed row a package. A row repeats what the package declares about itself (`declared`), so
that a changed license after an upgrade fails here and is read again. GPL and AGPL are refused, whatever the row says;
LGPL is accepted. Where a license file of a package mentions the GPL without being under it, the row must say why.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from check_requirements import pins
from findings import run
from packaging.markers import Marker

COPYLEFT = re.compile(
    r"(?<![A-Za-z])A?GPL|GNU General Public|Affero|Server Side Public|SSPL|Business Source|BUSL", re.IGNORECASE
)
EXCEPTIONS = re.compile(r"(?:L?GPL-[\d.]+(?:-or-later|-only)? WITH [\w.-]+)|FTL OR GPL-[\w.-]+", re.IGNORECASE)


def declared(package: Distribution) -> str:
    """What a package says of its own license: the expression, else the classifiers, else the first line of the text."""
    expression, text = (
        next(iter(package.metadata.get_all(key) or []), "") for key in ("License-Expression", "License")
    )
    classifiers = [c for c in package.metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    first_line = next((line.strip() for line in text.splitlines() if line.strip()), "nothing")
    return expression or "; ".join(c.rpartition(" :: ")[2] for c in classifiers) or first_line


def mentions_gpl(package: Distribution) -> bool:
    """True where a license file in the package speaks of the GPL or AGPL, for whatever reason."""
    files = [file for file in package.files or [] if re.search(r"licen[cs]e|copying|notice", file.name, re.IGNORECASE)]
    texts = (Path(str(file.locate())) for file in files)
    return any(COPYLEFT.search(path.read_text(errors="replace")) for path in texts if path.is_file())


def locked_pins(root: Path) -> set[tuple[str, str, str]]:
    """Every (name, version, marker) that a keep may install, on any platform."""
    return pins(root / "requirements/runtime.txt") | pins(root / "requirements/models.txt")


def installed_here(root: Path) -> set[str]:
    """Names of the packages that a keep on this platform installs."""
    return {name for name, _, marker in locked_pins(root) if not marker or Marker(marker).evaluate()}


def about(name: str, row: dict[str, str]) -> Iterator[str]:
    """What is wrong with one reviewed row, given the package as it is installed here."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        yield f"{name}: in the lock, not installed; run `make setup`"
        return
    if declared(package) != row.get("declared"):
        yield f"{name}: declares {declared(package)!r}, the reviewed row says {row.get('declared')!r}"
    if COPYLEFT.search(EXCEPTIONS.sub("", declared(package))) or COPYLEFT.search(row.get("license", "GPL")):
        yield f"{name}: a license that facekeep does not ship: {declared(package)} ({row.get('license')})"
    if mentions_gpl(package) and not row.get("gpl_mention"):
        yield f"{name}: a license file of it mentions the GPL and the row does not say why"


def check(root: Path) -> Iterator[str]:
    """One sentence for every shipped package without a true, reviewed and permitted row."""
    rows = tomllib.loads((root / "tools/licenses.toml").read_text())
    locked = {name for name, _, _ in locked_pins(root)}
    yield from (f"{name}: nobody has reviewed its license" for name in sorted(locked - set(rows)))
    yield from (f"{name}: a reviewed row for a package that is not shipped" for name in sorted(set(rows) - locked))
    for name in sorted(installed_here(root) & set(rows)):
        yield from about(name, rows[name])


if __name__ == "__main__":
    sys.exit(run(check, "licenses: every shipped package is reviewed, unchanged and permitted"))
