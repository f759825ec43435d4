"""Failing system calls: nothing acknowledged is lost, and after an unknown effect nothing is acknowledged again."""

import errno
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import Code, Unavailable
from facekeep.vault.log import Log
from facekeep.vault.log_fsck import fsck

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
BATCHES = [1] * 3 + [250] + [1] * 4 + [5, 300, 1]


@pytest.fixture(autouse=True)
def _quick_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one running system a sync changes nothing that can be seen, so these many runs go without."""
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda _file: None)


def leaf(index: int) -> bytes:
    return sha256(index.to_bytes(8, "big")).digest() * 32


def open_log(folder: Path, size: int = 0, root: bytes | None = None) -> Log:
    return Log.open(folder, signing_key=KEY, origin="keep.example/log", expected_size=size, expected_root=root)


def fail_on_call(
    monkeypatch: pytest.MonkeyPatch, name: str, number: int, code: int, *, partly: bool = False
) -> Callable[[], int]:
    """Let the `number`th call of `os.<name>` fail, once; the returned function tells how many calls there were."""
    real, calls = getattr(os, name), [0]

    def failing(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] != number:
            return real(*args, **kwargs)
        if partly:
            file, content, offset = args
            real(file, content[: len(content) // 2], offset)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, name, failing)
    return lambda: calls[0]


def append_all(log: Log) -> tuple[list[Code], tuple[int, bytes]]:
    """Append all batches and publish after each; the refusals, and the anchor after the last acknowledged append."""
    refusals: list[Code] = []
    anchor = log.anchor()
    for batch in BATCHES:
        try:
            size = anchor[0]
            assert log.append([leaf(index) for index in range(size, size + batch)]) == size
            anchor = log.anchor()
            log.publish([leaf(index) for index in range(anchor[0], anchor[0] + 7)] if batch == 5 else [])
            anchor = log.anchor()
        except Unavailable as error:
            refusals.append(error.code)
            anchor = anchor if log.broken else log.anchor()  # padding may be in the log without its checkpoint
    return refusals, anchor


def check_reopened(folder: Path, anchor: tuple[int, bytes]) -> None:
    """All that was acknowledged is there; entries after it may be, since they may have reached the disk."""
    with open_log(folder, *anchor) as log:
        size = anchor[0]
        assert log.leaves(0, size) == [leaf(index) for index in range(size)]
        log.append([leaf(log.size)])
        log.publish()
        fsck(folder, log.verifier_key, expected_size=size, expected_root=anchor[1])


def calls_of(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    with open_log(folder) as log, monkeypatch.context() as patch:
        calls = fail_on_call(patch, name, -1, errno.EIO)
        append_all(log)
        return calls()


@pytest.mark.parametrize("name", ["fdatasync", "fsync", "pwrite", "rename"])
def test_after_an_input_output_error_nothing_is_acknowledged_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = calls_of(name, tmp_path / "counted", monkeypatch)
    assert total >= len(BATCHES)
    for number in range(1, total + 1, 1 + total // 20):
        folder = tmp_path / str(number)
        log = open_log(folder)
        with monkeypatch.context() as patch:
            fail_on_call(patch, name, number, errno.EIO)
            refusals, anchor = append_all(log)
        assert set(refusals) == {Code.LOG_UNWRITABLE}
        assert log.broken
        with pytest.raises(Unavailable) as caught:  # the disk is well again, the log is not
            log.append([leaf(0)])
        assert caught.value.code is Code.LOG_UNWRITABLE
        assert log.anchor()[0] >= anchor[0]
        log.close()
        check_reopened(folder, anchor)


def test_a_failed_sync_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_log(tmp_path) as log, monkeypatch.context() as patch:
        calls = fail_on_call(patch, "fdatasync", 1, errno.EIO)
        for _ in range(3):
            with pytest.raises(Unavailable):
                log.append([leaf(0)])
        assert calls() == 1
        assert log.size == 0


@pytest.mark.parametrize("partly", [False, True], ids=["nothing-written", "half-written"])
def test_a_full_disk_refuses_one_append_and_the_log_goes_on(
    partly: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = calls_of("pwrite", tmp_path / "counted", monkeypatch)
    for number in range(1, total + 1, 3):
        folder = tmp_path / str(number)
        log = open_log(folder)
        with monkeypatch.context() as patch:
            fail_on_call(patch, "pwrite", number, errno.ENOSPC, partly=partly)
            refusals, anchor = append_all(log)
        assert refusals in ([], [Code.DISK_FULL])  # a bundle without room waits in the tail, unnoticed
        assert not log.broken
        assert log.anchor() == anchor
        log.close()
        check_reopened(folder, anchor)


@pytest.mark.parametrize("name", ["ftruncate", "fsync"])
def test_a_half_written_entry_that_cannot_be_taken_back_shuts_the_log(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path)
    log.append([leaf(0)])
    anchor = log.anchor()
    with monkeypatch.context() as patch:
        fail_on_call(patch, "pwrite", 1, errno.ENOSPC, partly=True)
        fail_on_call(patch, name, 1, errno.EIO)
        with pytest.raises(Unavailable) as caught:
            log.append([leaf(1)])
    assert caught.value.code is Code.LOG_UNWRITABLE
    assert log.broken
    log.close()
    check_reopened(tmp_path, anchor)


def test_entries_without_room_for_their_bundle_wait_in_the_tail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwrite

    def pwrite(file: int, content: bytes, offset: int) -> int:
        if len(content) > 100_000:
            raise OSError(errno.ENOSPC, "no room")
        return real(file, content, offset)

    log = open_log(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        for index in range(700):
            assert log.append([leaf(index)]) == index
        anchor = log.anchor()
        assert not (tmp_path / "tile").exists() or not list((tmp_path / "tile/entries").glob("[0-9]*"))
        assert log.leaves(250, 300) == [leaf(index) for index in range(250, 550)]
        assert log.prove_inclusion(3, 700)
        with pytest.raises(Unavailable) as caught:
            log.publish()
        assert caught.value.code is Code.DISK_FULL
        fsck(tmp_path, log.verifier_key, expected_size=700, expected_root=anchor[1])
    log.append([leaf(700)])
    assert len(list((tmp_path / "tile/entries").glob("[0-9]*"))) == 2
    anchor = log.anchor()
    log.close()
    check_reopened(tmp_path, anchor)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable) as caught:
        open_log(tmp_path / "file" / "log")
    assert caught.value.code is Code.LOG_UNWRITABLE
