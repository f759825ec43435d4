"""What is installed: known vulnerabilities, versions nobody tested, files that were changed after the installation.

The tested versions lie beside this module in `pins.txt`, which a test holds against `requirements/runtime.txt`.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import Distribution
from importlib.resources import files
from pathlib import Path

from packaging.utils import canonicalize_name

from facekeep.service.doctor import advisories
from facekeep.service.doctor.finding import Problem, Severity, check, command
from facekeep.service.doctor.subject import Subject

_OLD_DAYS = 180
_CODE = (".py", ".so", ".pth", ".json")
_OURS = "facekeep"


@check(
    "known-vulnerable",
    Severity.WARNING,
    finds="an installed package with a known vulnerability, by a local file of advisories",
    allows="what the advisory says",
)
def known_vulnerable(subject: Subject) -> Iterator[Problem]:
    """Installed versions against the advisories."""
    known = advisories.load(subject.advisories)
    for package in _ours_and_pinned(subject):
        for one in known.of(_name(package), package.version):
            fix = command("python", "-m", "pip", "install", "--require-hashes", "-r", "requirements/runtime.txt")
            yield Problem(f"{_name(package)} {package.version}: {one.id}, {one.summary}", fix)


@check(
    "advisories-old",
    Severity.NOTE,
    finds="a file of advisories that is older than half a year",
    allows="a vulnerability that everybody knows of to go unnoticed here",
)
def advisories_old(subject: Subject) -> Iterator[Problem]:
    """The date in the file."""
    age = subject.machine.now().date() - advisories.load(subject.advisories).updated
    if age.days > _OLD_DAYS:
        fix = command(
            "facekeep", "doctor", "--data", subject.settings.data_dir, "--advisories", "/etc/facekeep/advisories.json"
        )
        yield Problem(f"the advisories are {age.days} days old", fix)


@check(
    "not-as-locked",
    Severity.WARNING,
    finds="an installed package of another version than this release was tested with",
    allows="behavior, and vulnerabilities, that nobody looked at",
)
def not_as_locked(subject: Subject) -> Iterator[Problem]:
    """Installed versions against `pins.txt`."""
    pinned = pins()
    for package in subject.machine.packages():
        wanted = sorted(pinned.get(_name(package), ()))
        if wanted and package.version not in wanted:
            fix = command("python", "-m", "pip", "install", f"{_name(package)}=={wanted[-1]}")
            yield Problem(f"{_name(package)} is {package.version}, and was tested as {' and '.join(wanted)}", fix)


@check(
    "altered-package",
    Severity.WARNING,
    finds="a file of a package that is not the one that was installed, or is gone",
    allows="code that somebody put there to run in every process of the keep",
)
def altered_package(subject: Subject) -> Iterator[Problem]:
    """Code of the packages that facekeep needs, against the hashes that the installer noted."""
    pinned = pins()
    for package in subject.machine.packages():
        if _name(package) in pinned:
            yield from _altered(package)


@check(
    "altered-facekeep",
    Severity.BLOCKER,
    finds="a file of facekeep that is not the one that was installed, is gone, or came later",
    allows="code that somebody put there to run in the vault",
)
def altered_facekeep(subject: Subject) -> Iterator[Problem]:
    """facekeep's own files against the hashes that the installer noted, and files that it did not note."""
    for package in subject.machine.packages():
        if _name(package) == _OURS and not _is_source_folder(package):
            yield from _altered(package)
            yield from _added(package)


@check(
    "source-folder",
    Severity.NOTE,
    finds="facekeep running from a folder of sources, whose files no installer noted",
    allows="a changed file to go unnoticed",
)
def source_folder(subject: Subject) -> Iterator[Problem]:
    """Not installed from a wheel."""
    found = [one for one in subject.machine.packages() if _name(one) == _OURS]
    if not found or any(_is_source_folder(one) for one in found):
        fix = command("python", "-m", "pip", "install", "--no-deps", ".")
        yield Problem("facekeep is not installed from a wheel", fix)


def pins() -> dict[str, set[str]]:
    """The versions of each package that this release was tested with, by its normalized name."""
    found: dict[str, set[str]] = {}
    for line in files("facekeep.service.doctor").joinpath("pins.txt").read_text().split():
        name, _, version = line.partition("==")
        found.setdefault(name, set()).add(version)
    return found


def _ours_and_pinned(subject: Subject) -> Iterator[Distribution]:
    pinned = pins()
    return (one for one in subject.machine.packages() if _name(one) in pinned or _name(one) == _OURS)


def _name(package: Distribution) -> str:
    return canonicalize_name(package.metadata["Name"] or "")


def _is_source_folder(package: Distribution) -> bool:
    return '"editable": true' in (package.read_text("direct_url.json") or "")


def _altered(package: Distribution) -> Iterator[Problem]:
    fix = command(
        "python", "-m", "pip", "install", "--force-reinstall", "--no-deps", f"{_name(package)}=={package.version}"
    )
    for one in package.files or ():
        if one.hash is None or one.hash.mode != "sha256" or not one.name.endswith(_CODE):
            continue
        path = Path(str(one.locate()))
        if not path.is_file():
            yield Problem(f"{path} of {_name(package)} is gone", fix)
        elif urlsafe_b64encode(sha256(path.read_bytes()).digest()).decode().rstrip("=") != one.hash.value:
            yield Problem(f"{path} of {_name(package)} was changed after it was installed", fix)


def _added(package: Distribution) -> Iterator[Problem]:
    """Files of code in the package's folders that were not installed with it; compiled ones are made as they run."""
    noted = {one.as_posix() for one in package.files or () if one.suffix == ".py"}
    base = Path(str(package.locate_file("")))
    for top in sorted({one.partition("/")[0] for one in noted if "/" in one and not one.startswith("..")}):
        for path in sorted((base / top).rglob("*.py")):
            if path.relative_to(base).as_posix() not in noted:
                yield Problem(f"{path} was not installed with {_name(package)}", command("rm", path))
