"""A client remembers the log it saw, and notices when the log is not the same any more."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest
from shown_log import ORIGIN, Log

from facekeep_sdk import AsyncClient, Client, FacekeepApiError, LogTampered
from facekeep_sdk.sending import Retries


@pytest.fixture
def client(server):
    with Client(server.url, "fk_x", retries=Retries(attempts=1)) as made:
        yield made


def test_a_growing_log_passes_and_is_remembered(server, client) -> None:
    log = Log()
    log.show(server, 5)
    first = client.check_log()
    assert (first.size, first.previous_size, first.origin) == (5, 0, ORIGIN)
    log.show(server, 12, old=5)
    assert (client.check_log().previous_size, client.last_checkpoint.note) == (5, log.checkpoint(12)["note"])
    log.show(server, 12, old=12)
    assert client.check_log().size == 12


@pytest.mark.parametrize("size", [3, 5, 9])
def test_a_rewritten_log_is_noticed_whatever_its_size(server, client, size) -> None:
    Log().show(server, 5)
    client.check_log()
    seen = client.last_checkpoint
    Log(salt=b"rewritten").show(server, size, old=5)
    with pytest.raises(LogTampered):
        client.check_log()
    assert client.last_checkpoint == seen


def test_a_rolled_back_log_is_noticed(server, client) -> None:
    log = Log()
    log.show(server, 9)
    client.check_log()
    log.show(server, 5)
    with pytest.raises(LogTampered):
        client.check_log()


def test_another_signing_key_is_noticed(server, client) -> None:
    Log().show(server, 5)
    client.check_log()
    Log(seed=2).show(server, 5)
    with pytest.raises(LogTampered):
        client.check_log()


def test_the_memory_outlives_the_client(server, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "checkpoint.json"
    Log().show(server, 9)
    with Client(server.url, "fk_x", checkpoint_path=path) as client:
        client.check_log()
    assert path.stat().st_mode & 0o077 == 0
    Log().show(server, 4)
    with Client(server.url, "fk_x", checkpoint_path=path) as client, pytest.raises(LogTampered):
        client.check_log()
    path.write_text("{damaged")
    with pytest.raises(LogTampered):
        Client(server.url, "fk_x", checkpoint_path=path)


def test_own_entries_are_proved_one_by_one(server, client) -> None:
    log = Log()
    log.show(server, 9)
    log.show_entries(server, 9, [0, 3, 8, 11])  # 11 was written after the checkpoint
    checked = client.check_log(entries=True)
    assert (checked.entries, checked.waiting) == (3, 1)
    proved = client.prove_entry(1)
    assert (proved.entry, proved.proof.index, proved.proof.size) == (1, 3, 9)
    assert proved.checkpoint == client.last_checkpoint
    with pytest.raises(FacekeepApiError) as caught:
        client.prove_entry(3)
    assert caught.value.code == "not_yet_published"


@pytest.mark.parametrize(
    ("indices", "numbers"), [([3, 8], [0, 2]), ([3, 8], [1, 2]), ([3, 3], [0, 1]), ([8, 3], [0, 1])]
)
def test_a_gap_or_a_repetition_among_own_entries_is_noticed(server, client, indices, numbers) -> None:
    log = Log()
    log.show(server, 9)
    log.show_entries(server, 9, indices, numbers)
    with pytest.raises(LogTampered):
        client.check_log(entries=True)


def test_an_entry_that_is_not_in_the_log_is_noticed(server, client) -> None:
    log = Log()
    log.show(server, 9)
    log.leaves[3] = sha256(b"another").digest()
    log.show_entries(server, 9, [3])
    with pytest.raises(LogTampered):
        client.check_log(entries=True)
    assert client.last_checkpoint is None


@pytest.mark.parametrize("hashes", [["not base64"], ["AAAA"], [""]])
def test_malformed_proofs_are_refused(server, client, hashes) -> None:
    log = Log()
    log.show(server, 5)
    client.check_log()
    log.show(server, 9, old=5)
    server.answers["GET /v1/log/consistency?old_size=5&new_size=9"] = [(200, {"hashes": hashes, "size": 9}, {})]
    with pytest.raises(LogTampered):
        client.check_log()


def test_a_server_without_a_log_raises_what_it_said(server, client) -> None:
    server.refuse("GET /v1/log/checkpoint", "vault_sealed", status=503)
    with pytest.raises(FacekeepApiError):
        client.check_log()


def test_a_client_with_a_memory_looks_at_the_log_before_its_first_call_and_only_then(server, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    Log().show(server, 9)
    server.answer("GET /v1/collections?limit=100", {"items": [], "next_cursor": ""})
    with Client(server.url, "fk_x", checkpoint_path=path) as client:
        for _ in range(2):
            assert list(client.collections()) == []
    asked = [one.path for one in server.asked]
    assert asked == ["/v1/log/checkpoint", *["/v1/collections?limit=100"] * 2]


def test_an_asynchronous_client_looks_once_however_many_calls_begin_together(server, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    Log().show(server, 9)
    server.answer("GET /v1/status", {"code": "busy"}, status=418)

    async def ask() -> list[object]:
        async with AsyncClient(server.url, "fk_x", checkpoint_path=path, retries=Retries(attempts=1)) as client:
            return await asyncio.gather(*(client.status() for _ in range(5)), return_exceptions=True)

    assert {type(one) for one in asyncio.run(ask())} == {FacekeepApiError}
    assert [one.path for one in server.asked].count("/v1/log/checkpoint") == 1
    assert path.exists()


def test_nothing_is_sent_to_a_server_whose_log_was_rolled_back(server, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    Log().show(server, 9)
    with Client(server.url, "fk_x", checkpoint_path=path) as client:
        client.check_log()
    Log().show(server, 4)
    server.asked.clear()
    with Client(server.url, "fk_x", checkpoint_path=path) as client:
        for _ in range(2):
            with pytest.raises(LogTampered):
                client.search(b"photo", ["col"])
    assert {one.path for one in server.asked} == {"/v1/log/checkpoint"}


def test_an_older_look_does_not_replace_a_later_one_on_disk(server, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    log = Log()
    slow, fast = (Client(server.url, "fk_x", checkpoint_path=path) for _ in range(2))
    with slow, fast:
        log.show(server, 9)
        fast.check_log()
        log.show(server, 5)
        slow.check_log()
    assert Client(server.url, "fk_x", checkpoint_path=path).last_checkpoint.note == log.checkpoint(9)["note"]
