"""Whoever sets the keep's whole disk back to an older state is noticed at the first call of a client that was there.

Everything of the keep is set back together, database and log, so that the vault itself finds nothing wrong.
"""

import shutil
from pathlib import Path

import pytest
from keep_process import KeepProcess, running_keep, wait_until

from facekeep_sdk import Client, LogTampered


@pytest.fixture(scope="module")
def set_back(tmp_path_factory: pytest.TempPathFactory):
    """A keep that was used, copied aside, used on, and put back as it was; with the memory of a client from today."""
    folder = tmp_path_factory.mktemp("yesterday")
    with running_keep(folder) as keep:
        keep.stop()
        shutil.copytree(keep.data_dir, folder / "copy", ignore=shutil.ignore_patterns("run"))
        keep.start()
        memory = folder / "checkpoint.json"
        with Client(keep.base_url, keep.api_key, checkpoint_path=memory) as client:
            client.create_collection("made today")
            before = client.check_log().size
            wait_until(lambda: client.check_log().size > before + 20, "the log does not grow", 60)
        assert keep.cli("collections", "list").returncode == 0  # the command line remembers, too
        keep.stop()
        shutil.rmtree(keep.data_dir)
        shutil.copytree(folder / "copy", keep.data_dir)
        keep.start()
        yield keep, memory


@pytest.mark.parametrize("call", ["status", "create_collection", "search_by_face", "checkpoint"])
def test_the_first_call_of_a_client_is_refused_and_never_sent(
    set_back: tuple[KeepProcess, Path], call: str
) -> None:
    keep, memory = set_back
    before = memory.read_bytes()
    arguments = {"create_collection": ["made in the past"], "search_by_face": ["fac_x", ["col_x"]]}.get(call, [])
    with Client(keep.base_url, keep.api_key, checkpoint_path=memory) as client:
        for _ in range(2):
            with pytest.raises(LogTampered):
                getattr(client, call)(*arguments)
    assert memory.read_bytes() == before  # the evidence stays
    with Client(keep.base_url, keep.api_key) as fresh:  # who remembers nothing notices nothing
        assert [one.name for one in fresh.collections()] == []


def test_the_command_line_says_so_and_does_nothing(set_back: tuple[KeepProcess, Path]) -> None:
    keep, _ = set_back
    for command in (("collections", "list"), ("status",), ("log", "verify")):
        told = keep.cli(*command)
        assert told.returncode == 6, told.stdout
        assert "log_altered" in told.stderr


def test_it_is_noticed_too_when_the_log_has_grown_past_what_was_seen(set_back: tuple[KeepProcess, Path]) -> None:
    keep, memory = set_back
    with Client(keep.base_url, keep.api_key) as fresh:
        seen = int(Client(keep.base_url, keep.api_key, checkpoint_path=memory).last_checkpoint.note.split("\n")[1])
        wait_until(lambda: fresh.check_log().size > seen, "the log does not grow", 60)
    with Client(keep.base_url, keep.api_key, checkpoint_path=memory) as client, pytest.raises(LogTampered):
        client.status()
