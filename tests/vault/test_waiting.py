"""A log whose disk does not answer for a while: the vault waits, refuses everybody, and goes on where it can."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from broken_disk import SYNC, WRITE, Small, outcome

from facekeep.errors import Code, FacekeepError
from facekeep.settings import LogSettings
from facekeep.vault import log as log_module
from facekeep.vault import wire
from facekeep.vault.journal import HUNG_ACT, KEEP
from facekeep.vault.log_fsck import fsck
from facekeep.vault.open_vault import OpenVault


@contextmanager
def hanging(small: Small, names: tuple[str, ...]) -> Iterator[None]:
    """A log's disk that does not answer until the end of the block, and little patience with it."""
    with pytest.MonkeyPatch.context() as patch, small.disk.broken(names, None):
        patch.setattr(log_module, "PATIENCE_S", 0.1)
        yield


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    yield made
    made.disk.mended.set()
    made.keeper.seal()


def opened(small: Small) -> OpenVault:
    vault = small.keeper._open
    assert vault is not None
    return vault


def entries(small: Small, org_id: str) -> list[wire.LogEntry]:
    """All of an organization's entries, which are gap-free or cannot be read."""
    found, more = opened(small).journal.read(org_id, 0, 10_000)
    assert more is None
    assert [entry.entry for entry in found] == list(range(len(found)))
    return found


def organization(small: Small) -> str:
    (row,) = opened(small).database.rows("SELECT org_id FROM organizations WHERE name = 'O'")
    return str(row[0])


def until(state: str, small: Small) -> None:
    deadline = time.monotonic() + 10
    while small.keeper.status().state != state:
        assert time.monotonic() < deadline, small.keeper.status().state
        time.sleep(0.01)


def checked_whole(small: Small) -> None:
    """Memory, the files and the anchor agree: the log passes its check, and opens again."""
    vault = opened(small)
    key = vault.log.verifier_key
    size, root = vault.log.anchor()
    small.keeper.seal()
    fsck(small.disk.folder, key, expected_size=size, expected_root=root)
    small.mend()


@pytest.mark.parametrize("names", [SYNC, WRITE], ids=["sync", "write"])
def test_a_hang_that_ends_well_is_refused_meanwhile_counted_and_told(small: Small, names: tuple[str, ...]) -> None:
    org_id, reading = organization(small), small.read()
    before = entries(small, org_id)
    small.disk.had_lost_it = False
    with hanging(small, names):
        assert outcome(small, reading) == "log_unwritable"
        assert small.keeper.status().state == "waiting"
        assert {outcome(small, reading) for _ in range(5)} == {"log_unwritable"}
        with pytest.raises(FacekeepError) as caught:
            small.keeper.operate(wire.ListOrganizations())
        assert caught.value.code is Code.LOG_UNWRITABLE
    until("open", small)
    refused, told = entries(small, org_id)[len(before) :]
    assert (refused.act, told.act) == ("record.open", HUNG_ACT)
    assert told.facts["unanswered"] == refused.entry
    assert float(told.facts["seconds"] or 0) >= 0.1
    assert entries(small, KEEP)[-1].act == HUNG_ACT
    assert outcome(small, reading) == "released"  # the same session: nobody signs in again, nobody unseals
    assert isinstance(small.search(), wire.Candidates)
    checked_whole(small)
    assert len(entries(small, org_id)) > len(before) + 2


def test_a_search_that_hung_at_its_outcome_is_not_released_later(small: Small) -> None:
    answer = small.answered(small.granted())
    small.disk.had_lost_it = False
    with hanging(small, SYNC):
        assert outcome(small, answer) == "log_unwritable"
    until("open", small)
    assert outcome(small, answer) == "not_found"  # the grant was spent
    assert isinstance(small.search(), wire.Candidates)


def test_a_hang_that_ends_with_an_error_seals_and_is_not_tried_again(small: Small) -> None:
    with hanging(small, SYNC):
        assert outcome(small, small.read()) == "log_unwritable"
        until("waiting", small)
        met = small.disk.met
    until("sealed", small)
    assert small.disk.met == met
    assert outcome(small, small.read()) == "vault_sealed"
    small.mend()
    assert isinstance(small.search(), wire.Candidates)


def test_an_operator_seals_a_vault_that_waits_and_no_second_one_writes_beside_it(small: Small) -> None:
    small.disk.had_lost_it = False
    org_id, before = organization(small), len(entries(small, organization(small)))
    with hanging(small, SYNC):
        assert outcome(small, small.read()) == "log_unwritable"
        started = time.monotonic()
        small.keeper.operate(wire.Seal())
        assert time.monotonic() - started < 5
        assert small.keeper.status().state == "sealed"
        assert outcome(small, small.read()) == "vault_sealed"
        with pytest.raises(FacekeepError) as caught:
            small.keeper.operate(wire.Unseal(key_file=small.secret))
        assert caught.value.code is Code.BUSY
    small.mend()
    assert [entry.act for entry in entries(small, org_id)][before] == "record.open"  # found on the disk
    assert isinstance(small.search(), wire.Candidates)


def publishing(small: Small) -> Callable[[], None]:
    """Checkpoints every tenth of a second, until the returned function is called."""
    small.keeper._log = LogSettings(interval_s=0.1)
    stop = threading.Event()
    thread = threading.Thread(target=small.keeper.publish_forever, args=(stop,))
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end


def test_a_checkpoint_that_hangs_is_waited_for_and_counts(small: Small) -> None:
    small.disk.had_lost_it = False
    org_id, before = organization(small), len(entries(small, organization(small)))
    with hanging(small, SYNC):
        end = publishing(small)
        until("waiting", small)
        assert outcome(small, small.read()) == "log_unwritable"
    until("open", small)
    end()
    assert len(entries(small, org_id)) == before  # only the keep itself waited
    assert "unanswered" in entries(small, KEEP)[-1].facts
    assert isinstance(small.search(), wire.Candidates)
    checked_whole(small)


def test_hangs_one_after_another_leave_no_gap(small: Small) -> None:
    small.disk.had_lost_it = False
    org_id = organization(small)
    for names in (SYNC, WRITE) * 3:
        with hanging(small, names):
            assert outcome(small, small.read()) == "log_unwritable"
        until("open", small)
        assert outcome(small, small.read()) == "released"
    acts = [entry.act for entry in entries(small, org_id)]
    assert acts.count(HUNG_ACT) == 6
    checked_whole(small)
