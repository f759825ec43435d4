"""A client follows a log from key to key by handovers, and by nothing else."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from exported_log import KEY, SIGNING_KEY, Line, exported, packed
from shown_log import ORIGIN, Log

from facekeep.ledger.handover import Handover, sign_handover
from facekeep.ledger.note import Checkpoint, sign_note
from facekeep.ledger.tree import root_at
from facekeep.vault.log_signing import verifier_key_of
from facekeep_sdk import Client, LogTampered, verify_export
from facekeep_sdk.log_handover import follow
from facekeep_sdk.sending import Retries

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in range(1, 6)]


def name(key: Ed25519PrivateKey, origin: str = ORIGIN) -> str:
    return verifier_key_of(key, origin).text


def handover(
    old: Ed25519PrivateKey, new: Ed25519PrivateKey, size: int = 5, *, origin: str = ORIGIN, root: bytes = b"r" * 32
) -> str:
    text = Handover(verifier_key_of(new, origin), Checkpoint(origin, size, root))
    return sign_handover(text, key=verifier_key_of(old, origin), sign=old.sign)


CHAIN = [handover(KEYS[0], KEYS[1], 5), handover(KEYS[1], KEYS[2], 9)]


@pytest.mark.parametrize(("known", "trees"), [(0, [5, 9]), (1, [9]), (2, [])])
def test_from_every_key_of_the_log_the_chain_leads_to_the_newest(known: int, trees: list[int]) -> None:
    followed = follow(CHAIN, name(KEYS[known]))
    assert followed.verifier_key == name(KEYS[2])
    assert [head.size for head in followed.heads] == trees


def test_from_a_strange_key_it_leads_nowhere() -> None:
    assert follow(CHAIN, name(KEYS[4])).verifier_key == name(KEYS[4])


@pytest.mark.parametrize(
    "chain",
    [
        [CHAIN[0], handover(KEYS[4], KEYS[2], 9)],  # signed by a key that was never the log's
        [CHAIN[0], CHAIN[0]],
        [CHAIN[0], handover(KEYS[1], KEYS[1], 9)],
        [CHAIN[0], handover(KEYS[1], KEYS[2], 4)],
        [handover(KEYS[0], KEYS[4]).replace(name(KEYS[4]), name(KEYS[3]))],
        [handover(KEYS[0], KEYS[1]).replace("v1", "v2")],
        [handover(KEYS[0], KEYS[1]).replace("\n5\n", "\n6\n")],
        [sign_note(Checkpoint(ORIGIN, 5, bytes(32)).text, key=verifier_key_of(KEYS[0], ORIGIN), sign=KEYS[0].sign)],
        ["nonsense"],
    ],
)  # fmt: skip
def test_a_chain_with_one_bad_link_is_refused(chain: list[str]) -> None:
    with pytest.raises(LogTampered):
        follow(chain, name(KEYS[0]))


def test_a_handover_of_another_log_is_refused() -> None:
    """The same key may sign for two logs; its word for the one is none for the other."""
    text = Handover(verifier_key_of(KEYS[1], "other/log"), Checkpoint("other/log", 5, b"r" * 32))
    borrowed = sign_handover(text, key=verifier_key_of(KEYS[0], ORIGIN), sign=KEYS[0].sign)
    with pytest.raises(LogTampered):
        follow([borrowed], name(KEYS[0]))


def test_every_changed_character_is_refused() -> None:
    whole = CHAIN[0]
    for at in range(len(whole)):
        changed = whole[:at] + chr(ord(whole[at]) ^ 1) + whole[at + 1 :]
        try:
            followed = follow([changed], name(KEYS[0]))
        except LogTampered:
            continue
        assert followed.verifier_key == name(KEYS[0]), f"character {at}"  # no longer signed in that key's name


# ---- a client against a server ----


def show(server: Any, log: Log, size: int, chain: list[str], trees: list[int]) -> None:
    """What a server shows of a log with these handovers, and consistency from each of `trees` to the next."""
    answers = {}
    for old, new in pairwise((*trees, size)):
        log.show(server, new, old=old)
        answers |= server.answers
    server.answers = answers | {"GET /v1/log/checkpoint": [(200, log.checkpoint(size) | {"handovers": chain}, {})]}


def rotated(size: int = 5, seed: int = 1, new: int = 2) -> str:
    old, log = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), Log()
    heir = Ed25519PrivateKey.from_private_bytes(bytes([new]) * 32)
    return handover(old, heir, size, root=root_at(size, log.hash_at))


@pytest.fixture
def client(server: Any, tmp_path: Path) -> Any:
    with Client(server.url, "fk_x", retries=Retries(attempts=1), checkpoint_path=tmp_path / "seen") as made:
        yield made


def test_a_client_goes_from_key_to_key_and_then_remembers_the_new_one(server: Any, client: Client) -> None:
    Log().show(server, 5)
    client.check_log()
    chain = [rotated(9), rotated(12, 2, 3)]
    show(server, Log(seed=3), 20, chain, [5, 9, 12])
    assert client.check_log().previous_size == 5
    assert client.last_checkpoint is not None
    assert client.last_checkpoint.verifier_key == name(KEYS[2])


@pytest.mark.parametrize("chain", [[], [rotated(9, 4, 2)], [rotated(9, 1, 3)], [rotated(4, 1, 2)], [rotated(30, 1, 2)]])
def test_a_client_refuses_a_key_that_no_chain_leads_to(server: Any, client: Client, chain: list[str]) -> None:
    """No handover; one by a stranger; one to another key; one over less than was seen; one over more than there is."""
    Log().show(server, 5)
    client.check_log()
    seen = client.last_checkpoint
    show(server, Log(seed=2), 12, chain, [5, 9])
    with pytest.raises(LogTampered):
        client.check_log()
    assert client.last_checkpoint == seen


# ---- exports ----


def export_after(chain: list[str]) -> list[Line]:
    lines = exported(["search.ask", "log.export"])
    lines[0] = {"format": "facekeep-log-export", "version": 2, "checkpoint": lines[0]["checkpoint"], "handovers": chain}
    return lines


def write(folder: Path, lines: list[Line]) -> Path:
    (folder / "export").write_bytes(packed(lines))
    return folder / "export"


def own(old: Ed25519PrivateKey, size: int = 2) -> str:
    return handover(old, SIGNING_KEY, size, origin=KEY.name)


def test_an_export_is_checked_with_an_older_key_where_it_carries_the_chain(tmp_path: Path) -> None:
    path = write(tmp_path, export_after([own(KEYS[0])]))
    assert verify_export(path, name(KEYS[0], KEY.name)).entries == 2
    assert verify_export(path, KEY.text).entries == 2
    with pytest.raises(LogTampered):
        verify_export(path, name(KEYS[1], KEY.name))


@pytest.mark.parametrize("size", [6, 1_000])
def test_an_export_whose_handover_tells_of_another_tree_is_refused(tmp_path: Path, size: int) -> None:
    path = write(tmp_path, export_after([own(KEYS[0], size)]))
    with pytest.raises(LogTampered):
        verify_export(path, name(KEYS[0], KEY.name))


def test_a_version_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    for version, chain in ((2, []), (1, [own(KEYS[0])])):
        lines = export_after(chain)
        lines[0]["version"] = version
        with pytest.raises(LogTampered):
            verify_export(write(tmp_path, lines), KEY.text)
