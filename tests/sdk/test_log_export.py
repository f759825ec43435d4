"""An export tells an auditor everything that happened, or is refused."""

import os
import random
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from exported_log import KEY, Line, exported, packed, text

from facekeep.vault.log_signing import verifier_key_of
from facekeep_sdk import LogTampered, verify_export

MUTATIONS = 2_000


@pytest.fixture
def check(tmp_path: Path) -> Callable[[bytes], object]:
    def run(content: bytes, key: str = KEY.text) -> object:
        path = tmp_path / "export"
        path.write_bytes(content)
        return verify_export(path, key)

    return run


ACTS = ["search.ask", "search.released", "record.open", "search.ask", "log.export"]


def test_a_whole_export_says_what_was_done(check) -> None:
    found = check(packed(exported(ACTS)))
    assert (found.entries, found.size, found.origin) == (5, 15, "keep.example/log")
    assert found.acts == {"log.export": 1, "record.open": 1, "search.ask": 2, "search.released": 1}
    assert (found.first_at, found.exported_at) == ("2026-01-02T03:04:00Z", "2026-01-02T03:04:04Z")


def test_an_export_may_be_the_only_entry(check) -> None:
    assert check(packed(exported(["log.export"]))).entries == 1


@pytest.mark.parametrize("left_out", range(5))
def test_no_entry_can_be_left_out(check, left_out: int) -> None:
    lines = exported(ACTS)
    del lines[1 + left_out]
    with pytest.raises(LogTampered):
        check(packed(lines))


def test_entries_left_out_before_sealing_show_too(check) -> None:
    for numbers in ([0, 1, 3, 4, 5], [1, 2, 3, 4, 5], [0, 1, 1, 2, 3], [0, 2, 1, 3, 4]):
        with pytest.raises(LogTampered):
            check(packed(exported(ACTS, numbers)))


def test_an_earlier_export_cannot_pass_for_a_part_of_a_later_one(check) -> None:
    """Cut off at an earlier export the file is that export; cut off anywhere else it is none."""
    lines = exported(["search.ask", "log.export", "search.ask", "log.export"])
    assert check(packed(lines[:3])).entries == 2
    for end in (1, 2, 4):
        with pytest.raises(LogTampered):
            check(packed(lines[:end]))


def test_another_key_signs_nothing_here(check) -> None:
    other = verifier_key_of(Ed25519PrivateKey.from_private_bytes(b"z" * 32), KEY.name)
    with pytest.raises(LogTampered):
        check(packed(exported(ACTS)), other.text)


def swapped(lines: list[Line], chance: random.Random) -> list[Line]:
    one, other = chance.sample(range(1, len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def with_member_of_another(lines: list[Line], chance: random.Random) -> list[Line]:
    one, other = chance.sample(range(1, len(lines)), 2)
    name = chance.choice(["index", "leaf", "key", "hashes"])
    lines[one] = {**lines[one], name: lines[other][name]}
    return lines


def with_flipped_bit(lines: list[Line], chance: random.Random) -> list[Line]:
    line = lines[chance.randrange(1, len(lines))]
    name = chance.choice(["leaf", "key"])
    value = bytearray(b64decode(str(line[name])))
    value[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
    line[name] = text(bytes(value))
    return lines


def with_other_proof(lines: list[Line], chance: random.Random) -> list[Line]:
    line = lines[chance.randrange(1, len(lines))]
    hashes = list(line["hashes"])  # type: ignore[call-overload]
    place = chance.randrange(len(hashes))
    hashes[place : place + 1] = chance.choice([[], [hashes[place]] * 2, [text(os.urandom(32))], ["AAAA"], [""]])
    line["hashes"] = hashes
    return lines


MUTATE = (swapped, with_member_of_another, with_flipped_bit, with_other_proof)


def test_no_mutated_export_is_taken(check) -> None:
    chance, whole = random.Random(5), exported(ACTS)
    content, tried = packed(whole), 0
    while tried < MUTATIONS:
        if chance.random() < 0.5:
            mutated = packed(chance.choice(MUTATE)([dict(line) for line in whole], chance))
        else:
            start, end = sorted(chance.choices(range(len(content)), k=2))
            end = chance.choice([start + 1, end])
            twice = content[start:end] * 2
            filler = chance.choice([b"", b"\n", b"0", b'"', b"{}", chance.randbytes(end - start), twice])
            mutated = content[:start] + filler + content[end:]
        if mutated == content:
            continue
        tried += 1
        with pytest.raises(LogTampered):
            check(mutated)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}\n", b"[" * 400_000, b"x" * 400_000 + b"\n", packed(exported(ACTS)).replace(b"\n", b"\r\n")],
    ids=["empty", "blank", "object", "deep", "long", "carriage-returns"],
)
def test_what_is_no_export_is_refused(check, content: bytes) -> None:
    with pytest.raises(LogTampered):
        check(content)


@pytest.mark.parametrize(("name", "value"), [("format", "other"), ("version", 2), ("version", "1"), ("more", 1)])
def test_another_format_or_version_is_refused(check, name: str, value: object) -> None:
    lines = exported(ACTS)
    lines[0][name] = value
    with pytest.raises(LogTampered):
        check(packed(lines))


def test_a_line_that_is_too_long_is_refused_without_being_read_whole(check) -> None:
    lines = exported(ACTS)
    lines[1]["hashes"] = ["A" * 44] * 1_000
    with pytest.raises(LogTampered):
        check(packed(lines))
