"""What a run remembers: enough to go on, nothing to read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.cli.bulk.listing import Facts
from facekeep.cli.bulk.resume import Resume
from facekeep.errors import BadInput

ANA = Facts(person="Ana Secret", source="https://example.org/secret", license="CC0")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "enroll"


def test_answers_and_open_batches_outlive_the_process(folder) -> None:
    first = Resume(folder, "c1")
    one, two, three = (first.photo_key(content, ANA) for content in (b"1", b"2", b"3"))
    first.sending("batch-a", (one, two))
    first.answered({one: "ok", two: "no_face"})
    first.sending("batch-b", (three,))
    first.close()
    again = Resume(folder, "c1")
    assert [again.code_of(key) for key in (one, two, three)] == ["ok", "no_face", None]
    assert again.unanswered() == {"batch-b": (three,)}
    again.close()


def test_nothing_readable_is_kept(folder) -> None:
    resume = Resume(folder, "collection-id-1")
    resume.sending("batch", (resume.photo_key(b"photo bytes", ANA),))
    resume.close()
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        kept = path.name.encode() + path.read_bytes()
        assert not any(word in kept for word in (b"Ana", b"example", b"CC0", b"photo bytes", b"collection-id-1"))
    assert folder.stat().st_mode & 0o077 == 0


def test_hashes_differ_between_machines_collections_and_people(tmp_path) -> None:
    keys = set()
    for folder, collection in (("a", "c1"), ("b", "c1"), ("a", "c2")):
        resume = Resume(tmp_path / folder, collection)
        keys |= {resume.photo_key(b"x", ANA), resume.photo_key(b"x", Facts(person="Ben"))}
        resume.close()
    assert len(keys) == 6


def test_the_idempotency_key_follows_photos_and_facts(folder) -> None:
    resume = Resume(folder, "c1")
    key = resume.batch_key(["p1", "p2"], [ANA, ANA])
    assert key == resume.batch_key(["p1", "p2"], [ANA, ANA])
    assert len({key, resume.batch_key(["p2", "p1"], [ANA, ANA]), resume.batch_key(["p1", "p2"], [ANA, Facts()])}) == 3
    assert len(key) <= 64
    resume.close()


@given(cut=st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_loses_whole_lines_only(tmp_path_factory, cut) -> None:
    folder = tmp_path_factory.mktemp("enroll")
    resume = Resume(folder, "c1")
    keys = [resume.photo_key(bytes([number]), ANA) for number in range(4)]
    for key in keys:
        resume.sending(f"batch-{key}", (key,))
        resume.answered({key: "ok"})
    resume.close()
    (path,) = folder.glob("*.state")
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    after = Resume(folder, "c1")
    known = [key for key in keys if after.code_of(key)]
    assert known == keys[: len(known)]
    assert all(after.code_of(key) == "ok" for key in known)
    after.answered({keys[3]: "ok"})  # what is written next is not glued to a cut line
    after.close()
    last = Resume(folder, "c1")
    assert [key for key in keys if last.code_of(key)] == list(dict.fromkeys([*known, keys[3]]))
    last.close()


def test_fresh_forgets(folder) -> None:
    resume = Resume(folder, "c1")
    key = resume.photo_key(b"1", ANA)
    resume.answered({key: "ok"})
    resume.close()
    fresh = Resume(folder, "c1", fresh=True)
    assert fresh.code_of(key) is None
    fresh.close()


def test_a_damaged_salt_is_refused(folder) -> None:
    Resume(folder, "c1").close()
    (folder / "salt").write_bytes(b"short")
    with pytest.raises(BadInput):
        Resume(folder, "c1")
