"""The background thread: tidies when woken, reports what fails, gives memory back when idle."""

from dataclasses import replace

from keep_process import wait_until

from facekeep.errors import Code, Unavailable
from facekeep.service import housekeeping
from facekeep.service.housekeeping import Housekeeper, after_forget
from facekeep.service.keep import Chores
from facekeep.vault.wire import NextReseal


class RefusingVault:
    """A vault that answers every housekeeping call with one error."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.asked = 0

    def call(self, request, expected):
        assert isinstance(request, NextReseal)
        self.asked += 1
        raise Unavailable(self.code, "no")


def test_it_tidies_at_start_and_whenever_it_is_woken(keep):
    vault, failures = RefusingVault(Code.INTERNAL), []
    watched = replace(keep, vault=vault, chores=Chores())
    with Housekeeper(watched, report=failures.append, interval_s=3_600, idle_s=3_600):
        wait_until(lambda: len(failures) == 1, "not at start", 10)
        watched.chores.wake.set()
        wait_until(lambda: len(failures) == 2, "not when woken", 10)
    assert vault.asked == 2
    assert [error.code for error in failures] == [Code.INTERNAL] * 2


def test_a_sealed_or_absent_vault_is_no_failure_to_report(keep):
    vault, failures = RefusingVault(Code.VAULT_SEALED), []
    with Housekeeper(replace(keep, vault=vault, chores=Chores()), report=failures.append, idle_s=3_600):
        wait_until(lambda: vault.asked == 1, "not at start", 10)
    assert failures == []


def test_a_forget_does_not_fail_over_its_tidying_but_asks_for_it_again(keep):
    watched = replace(keep, vault=RefusingVault(Code.STORE_UNAVAILABLE), chores=Chores())
    after_forget(watched)
    assert watched.chores.wake.is_set()


def test_a_forget_does_not_wait_for_ever_for_other_tidying(keep, monkeypatch):
    monkeypatch.setattr(housekeeping, "_PATIENCE_SECONDS", 0.01)
    vault = RefusingVault(Code.INTERNAL)
    watched = replace(keep, vault=vault, chores=Chores())
    with watched.chores.turn:
        after_forget(watched)
    assert watched.chores.wake.is_set()
    assert vault.asked == 0


def test_memory_is_given_back_once_in_every_idle_time(keep, monkeypatch):
    given = []
    monkeypatch.setattr(housekeeping, "give_back", lambda: given.append(1))
    watched = replace(keep, vault=RefusingVault(Code.VAULT_SEALED), chores=Chores())
    with Housekeeper(watched, report=given.append, idle_s=0.0) as keeper:
        wait_until(lambda: len(given) == 1, "not given back", 10)
        keeper.touched()
        watched.chores.wake.set()
        wait_until(lambda: len(given) == 2, "not given back again", 10)
