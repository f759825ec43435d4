"""What a bulk enrollment consists of: photos to send, with what is known of each, and what was left out and why."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from facekeep.cli.bulk.manifest import read_manifest, wrong_value
from facekeep.errors import BadInput, Code
from facekeep_sdk.models import WhichFace


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a photo besides its pixels; dates in ISO 8601."""

    person: str = ""
    source: str = ""
    license: str = ""
    legal_basis: str = ""
    captured_at: str = ""
    retain_until: str = ""
    which_face: WhichFace = "only"


@dataclass(frozen=True, slots=True)
class Listed:
    """A photo to send."""

    path: Path
    facts: Facts


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not enrolled: a path or a row of a manifest, a stable code, and a sentence."""

    where: str
    code: str
    reason: str


def list_photos(paths: Iterable[Path], common: Facts) -> Iterator[Listed | LeftOut]:
    """Everything under `paths`, in a stable order: files, folders (sub-folder: the person), CSV manifests.

    `common` holds for every photo; what a folder or a manifest says of one goes before it.
    """
    for path in paths:
        if path.suffix.lower() == ".csv" and path.is_file():
            yield from _from_manifest(path, common)
        elif path.is_dir() and not path.is_symlink():
            yield from _from_folder(path, common)
        else:
            yield _file(path, common)


def person_of(folder_name: str) -> str:
    """The name that a folder stands for: underscores become spaces."""
    return " ".join(folder_name.replace("_", " ").split())


def _from_folder(root: Path, common: Facts) -> Iterator[Listed | LeftOut]:
    for folder, folders, files in os.walk(root, onerror=None, followlinks=False):
        folders.sort()
        here = Path(folder)
        inside = here.relative_to(root).parts
        facts = replace(common, person=person_of(inside[0])) if inside else common
        for name in [one for one in folders if (here / one).is_symlink()]:
            yield LeftOut(str(here / name), "not_a_file", "a symbolic link")
        for name in sorted(files):
            if not name.startswith("."):
                yield _file(here / name, facts)


def _from_manifest(manifest: Path, common: Facts) -> Iterator[Listed | LeftOut]:
    for number, row in read_manifest(manifest):
        if isinstance(row, str):
            yield LeftOut(f"{manifest}, row {number}", "invalid_row", row)
        else:
            known = {key: value for key, value in row.items() if key != "path" and value}
            yield _file(manifest.parent / row["path"], replace(common, **known))  # type: ignore[arg-type]


def _file(path: Path, facts: Facts) -> Listed | LeftOut:
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a possible file name"
        return LeftOut(str(path), "unreadable", reason or "cannot be read")
    if stat.S_ISLNK(mode):
        return LeftOut(str(path), "not_a_file", "a symbolic link")
    if not stat.S_ISREG(mode):
        return LeftOut(str(path), "not_a_file", "not a regular file")
    return Listed(path, facts)


def common_facts(**given: str | None) -> Facts:
    """Facts from the command line, checked as a manifest's are.

    Raises
    ------
    BadInput
        `invalid_request`: a date is not ISO 8601.
    """
    known = {key: value for key, value in given.items() if value}
    for key, value in known.items():
        if wrong := wrong_value(key, value):
            raise BadInput(Code.INVALID_REQUEST, wrong)
    return Facts(**known)  # type: ignore[arg-type]
