"""The fuse: one change at a time, and nobody waits for one that hangs."""

import time
from threading import Event, Thread

import pytest

from facekeep.errors import Code, Unavailable
from facekeep.vault.log_files import DiskFullError
from facekeep.vault.log_fuse import Fuse


def code_of(fuse: Fuse, act: object, **more: float) -> Code:
    with pytest.raises(Unavailable) as caught:
        fuse.change(act, **more)  # type: ignore[arg-type]
    return caught.value.code


def test_a_change_gives_what_it_returns() -> None:
    fuse = Fuse()
    assert [fuse.change(lambda n=n: n * n) for n in range(3)] == [0, 1, 4]
    assert not fuse.blown


def test_a_full_disk_leaves_it_whole_and_any_other_failure_does_not() -> None:
    def full() -> None:
        raise DiskFullError

    def fails() -> None:
        raise OSError(5, "injected")

    fuse = Fuse()
    assert code_of(fuse, full) is Code.DISK_FULL
    assert fuse.change(lambda: 1) == 1
    assert code_of(fuse, fails) is Code.LOG_UNWRITABLE
    assert fuse.blown
    assert code_of(fuse, lambda: 1) is Code.LOG_UNWRITABLE


def test_a_change_that_is_on_its_way_is_no_failure_to_others() -> None:
    fuse = Fuse()
    assert not fuse.change(lambda: fuse.blown)


def test_an_interruption_reaches_whoever_asked_and_blows_the_fuse() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    fuse = Fuse()
    with pytest.raises(KeyboardInterrupt):
        fuse.change(interrupted)
    assert fuse.blown


def test_a_change_that_hangs_keeps_nobody_and_what_is_last_waits_for_it() -> None:
    fuse, mended, done = Fuse(), Event(), []

    def hang() -> None:
        mended.wait(30)
        done.append("hung")

    started = time.monotonic()
    assert code_of(fuse, hang, patience_s=0.05) is Code.LOG_UNWRITABLE
    with pytest.raises(Unavailable), fuse.look():
        pass
    fuse.blow(lambda: done.append("last"))
    assert time.monotonic() - started < 5
    assert done == []
    mended.set()
    while len(done) < 2:
        assert time.monotonic() - started < 10
        time.sleep(0.01)
    assert done == ["hung", "last"]


def test_what_hung_and_ended_well_lets_changes_through_again_once_that_is_said() -> None:
    fuse, mended = Fuse(), Event()
    assert code_of(fuse, lambda: mended.wait(30), patience_s=0.05) is Code.LOG_UNWRITABLE
    mended.set()
    assert fuse.settled()
    assert fuse.blown
    assert code_of(fuse, lambda: 1) is Code.LOG_UNWRITABLE
    assert 0.05 <= fuse.resume() < 30
    assert fuse.change(lambda: 2) == 2
    with pytest.raises(Unavailable):  # nothing hung
        fuse.resume()


@pytest.mark.parametrize("ended", [OSError(5, "injected"), KeyboardInterrupt()])
def test_what_hung_and_failed_lets_nothing_through_again(ended: BaseException) -> None:
    fuse, mended = Fuse(), Event()

    def hang() -> None:
        mended.wait(30)
        raise ended

    assert code_of(fuse, hang, patience_s=0.05) is Code.LOG_UNWRITABLE
    mended.set()
    assert not fuse.settled()
    assert (fuse.blown, fuse.waits) == (True, False)
    with pytest.raises(Unavailable):
        fuse.resume()


def test_a_full_disk_in_the_end_left_nothing_and_lets_changes_through_again() -> None:
    fuse, mended = Fuse(), Event()

    def hang() -> None:
        mended.wait(30)
        raise DiskFullError

    assert code_of(fuse, hang, patience_s=0.05) is Code.LOG_UNWRITABLE
    mended.set()
    assert fuse.settled()
    fuse.resume()
    assert fuse.change(lambda: 1) == 1


def test_closing_ends_the_waiting() -> None:
    fuse, mended = Fuse(), Event()
    assert code_of(fuse, lambda: mended.wait(30), patience_s=0.05) is Code.LOG_UNWRITABLE
    fuse.blow(lambda: None)
    assert not fuse.settled()
    mended.set()


def test_what_is_last_is_done_at_once_where_nothing_hangs() -> None:
    for fuse in (Fuse(), Fuse()):
        done: list[int] = []
        fuse.change(lambda: None)
        fuse.blow(lambda done=done: done.append(1))
        assert done == [1]
        assert code_of(fuse, lambda: 1) is Code.LOG_UNWRITABLE


def test_changes_of_many_threads_come_one_after_another() -> None:
    fuse, inside, most = Fuse(), [0], [0]

    def change() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.001)
        inside[0] -= 1

    threads = [Thread(target=lambda: fuse.change(change)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
