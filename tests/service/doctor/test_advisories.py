"""Which versions an advisory is about, by the algorithm of the OSV schema."""

import json
from pathlib import Path

import pytest

from facekeep.errors import FacekeepError
from facekeep.service.doctor import advisories
from facekeep.service.doctor.packages import pins


def written(tmp_path: Path, *affected: dict[str, object], **more: object) -> Path:
    path = tmp_path / "advisories.json"
    one = {"id": "X-1", "summary": "s", "affected": [{"package": {"ecosystem": "PyPI", "name": "Foo_Bar"}, **a}
           for a in affected], **more}  # fmt: skip
    path.write_text(json.dumps({"format": advisories.FORMAT, "updated": "2026-03-01", "advisories": [one]}))
    return path


def ranged(*events: dict[str, str]) -> dict[str, object]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [("1.0", False), ("1.1", True), ("1.9.9", True), ("2.0rc1", True), ("2.0", False), ("3.5", True), ("3.6", False),
     ("not a version", True)],
)  # fmt: skip
def test_ranges(tmp_path: Path, version: str, is_affected: bool) -> None:
    events = ({"introduced": "1.1"}, {"fixed": "2.0"}, {"introduced": "3.0"}, {"last_affected": "3.5"})
    known = advisories.load(written(tmp_path, ranged(*events)))
    assert bool(known.of("foo-bar", version)) is is_affected


def test_versions_names_and_ecosystems(tmp_path: Path) -> None:
    known = advisories.load(written(tmp_path, {"versions": ["1.0"]}))
    assert known.of("foo.bar", "1.0")
    assert not known.of("foobar", "1.0")
    git = {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}
    assert not advisories.load(written(tmp_path, git)).of("foo-bar", "1.0")


def test_what_was_withdrawn_is_no_more(tmp_path: Path) -> None:
    path = written(tmp_path, ranged({"introduced": "0"}), withdrawn="2026-02-01T00:00:00Z")
    assert not advisories.load(path).of("foo-bar", "1.0")


@pytest.mark.parametrize("content", ["", "{}", '{"format": "other", "updated": "2026-01-01", "advisories": []}'])
def test_a_file_of_another_format_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(FacekeepError):
        advisories.load(tmp_path / "a.json")


def test_nothing_that_this_release_pins_is_known_to_be_vulnerable() -> None:
    known = advisories.load(None)
    assert len(known.known) > 20
    pinned = [(name, version) for name, versions in pins().items() for version in versions]
    assert [one.id for name, version in pinned for one in known.of(name, version)] == []


def test_an_old_pillow_is() -> None:
    assert "CVE-2023-4863" in {one.id for one in advisories.load(None).of("Pillow", "9.5.0")}
