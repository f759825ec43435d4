"""Known vulnerabilities, out of a local file: nothing here asks the network.

The file is JSON: `{"format": "facekeep-advisories-1", "updated": "2026-03-01", "advisories": […]}`, each advisory a
record of the Open Source Vulnerability format (https://ossf.github.io/osv-schema/), of which `id`, `summary`,
`withdrawn` and `affected` (packages of PyPI, their `ranges` of type ECOSYSTEM, and `versions`) are read and the rest is
let be.
"""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from facekeep.errors import BadInput, Code

FORMAT = "facekeep-advisories-1"
_LONGEST_FILE_BYTES = 50_000_000


class Event(msgspec.Struct, frozen=True):
    """Where a range begins or ends; one of the three is given."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""


class Range(msgspec.Struct, frozen=True):
    """Versions from each `introduced` to before the next `fixed`, or through the next `last_affected`."""

    type: str
    events: tuple[Event, ...]


class Package(msgspec.Struct, frozen=True):
    """A package and where it comes from."""

    ecosystem: str
    name: str


class Affected(msgspec.Struct, frozen=True):
    """Versions of a package."""

    package: Package
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()


class Advisory(msgspec.Struct, frozen=True):
    """One known vulnerability."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    summary: str = ""
    affected: tuple[Affected, ...] = ()
    withdrawn: str = ""


class _File(msgspec.Struct, frozen=True):
    format: Annotated[str, msgspec.Meta(pattern=f"^{FORMAT}$")]
    updated: date
    advisories: tuple[Advisory, ...]


@dataclass(frozen=True, slots=True)
class Advisories:
    """Every advisory of a file, and when somebody last brought it up to date."""

    updated: date
    known: tuple[Advisory, ...]

    def of(self, name: str, version: str) -> list[Advisory]:
        """Those that a version of a package of PyPI is affected by. A version that cannot be read is by every one."""
        return [one for one in self.known if not one.withdrawn and _affects(one, canonicalize_name(name), version)]


def load(path: Path | None) -> Advisories:
    """The advisories in a file, or those that came with this release.

    Raises
    ------
    BadInput
        `invalid_request`: the file is not of the format.
    """
    shipped = files("facekeep.service.doctor").joinpath("advisories.json")
    try:
        if path is not None and path.stat().st_size > _LONGEST_FILE_BYTES:
            raise BadInput(Code.INVALID_REQUEST, f"{path} is larger than any file of advisories")
        content = shipped.read_bytes() if path is None else path.read_bytes()
        read = msgspec.json.decode(content, type=_File)
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput(Code.INVALID_REQUEST, f"{path or shipped} is no file of advisories: {error}") from error
    return Advisories(read.updated, read.advisories)


def _affects(one: Advisory, name: str, version: str) -> bool:
    ours = (a for a in one.affected if a.package.ecosystem == "PyPI" and canonicalize_name(a.package.name) == name)
    return any(version in a.versions or any(_within(version, r) for r in a.ranges) for a in ours)


def _within(version: str, one: Range) -> bool:
    """Source: the evaluation algorithm of the OSV schema, for sorted events."""
    if one.type != "ECOSYSTEM":
        return False
    try:
        at, inside = Version(version), False
        for event in one.events:
            if event.introduced and (event.introduced == "0" or at >= Version(event.introduced)):
                inside = True
            elif (event.fixed and at >= Version(event.fixed)) or (
                event.last_affected and at > Version(event.last_affected)
            ):
                inside = False
    except InvalidVersion:
        return True
    return inside
