"""kill -9 while rules, cases, approvals and budgets change: nothing acknowledged is lost, nothing is half-done."""

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from people import Person, added, opened_case, signed_in
from vault_driver import VaultDriver, running_vault, unit

from facekeep.errors import FacekeepError
from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.client import VaultClient

KILLS = 4
NIGHTLY_KILLS = 100
LIMIT = 30


class Load:
    """Threads that change things and remember what was acknowledged, and what was under way when the vault died."""

    def __init__(self, vault: VaultDriver) -> None:
        self.vault = vault
        self.admin = signed_in(self.ask, vault.api_key)
        self.ann = added(self.ask, self.admin.session, "Ann", [Role.INVESTIGATOR])
        self.rita = added(self.ask, self.admin.session, "Rita", [Role.REVIEWER])
        self.collection = vault.collection("strict", wire.Policy(approval_required=True))
        self.case_id = opened_case(self.ask, self.ann.session)
        self.rules_acknowledged = self.rules_sent = 1_000
        self.spent = self.asked = 0
        self.cases: set[str] = {self.case_id}
        self.decided: dict[str, str] = {}

    def ask(self, message: wire.Message) -> Any:
        return self.vault.server.call(message, wire.Message)

    def sign_in_again(self) -> None:
        self.admin, self.ann, self.rita = (
            signed_in(self.ask, one.api_key) for one in (self.admin, self.ann, self.rita)
        )

    def change_rules(self, client: VaultClient) -> None:
        self.rules_sent += 1
        rules = wire.Rules(searches_a_day=self.rules_sent, case_days=self.rules_sent, searches_a_day_by_person=LIMIT)
        client.call(wire.SetRules(session=self.admin.session, rules=rules), wire.RulesShown)
        self.rules_acknowledged = self.rules_sent

    def open_cases(self, client: VaultClient) -> None:
        message = wire.CreateCase(session=self.ann.session, purpose="Archive research", legal_basis="a test")
        self.cases.add(client.call(message, wire.CaseShown).case.case_id)

    def decide(self, client: VaultClient) -> None:
        case_id = opened_case(lambda message: client.call(message, wire.Message), self.ann.session)
        ask = wire.RequestApproval(session=self.ann.session, case_id=case_id, collection_id=self.collection)
        asked = client.call(ask, wire.ApprovalShown).approval
        decide = wire.DecideApproval(session=self.rita.session, approval_id=asked.approval_id, approved=True)
        self.decided[asked.approval_id] = client.call(decide, wire.ApprovalShown).approval.status

    def spend(self, client: VaultClient) -> None:
        message = wire.GrantSearch(
            session=self.ann.session,
            collection_ids=(self.collection,),
            probes=unit(f"probe {self.asked}").tobytes(),
            case_id=self.case_id,
        )
        self.asked += 1
        client.call(message, wire.Grant)
        self.spent += 1

    def until_killed(self, delay_s: float) -> None:
        jobs = (self.change_rules, self.open_cases, self.decide, self.spend)
        threads = [threading.Thread(target=self._repeat, args=(job,)) for job in jobs]
        for one in threads:
            one.start()
        time.sleep(delay_s)
        self.vault.kill()
        for one in threads:
            one.join()
        self.vault.restart()
        self.sign_in_again()

    def _repeat(self, job: Any) -> None:
        client = VaultClient(self.vault.server._path)
        try:
            while True:
                job(client)
                time.sleep(0.005)
        except FacekeepError as error:
            if error.code not in ("vault_unreachable", "budget_exhausted"):
                raise
        finally:
            client.close()

    def approve(self) -> None:
        ask = wire.RequestApproval(session=self.ann.session, case_id=self.case_id, collection_id=self.collection)
        asked = self.ask(ask).approval
        self.ask(wire.DecideApproval(session=self.rita.session, approval_id=asked.approval_id, approved=True))

    def check(self) -> None:
        rules = self.ask(wire.ShowRules(session=self.admin.session)).rules
        assert rules.searches_a_day == rules.case_days, "rules are half-done"
        assert self.rules_acknowledged <= rules.searches_a_day <= self.rules_sent
        listed = self.every(wire.ListCases, self.ann)
        assert self.cases <= {one.case_id for one in listed}
        assert all(one.members == (self.ann.member_id,) for one in listed), "a case is half-done"
        kept = {one.approval_id: one.status for one in self.every(wire.ListApprovals, self.rita)}
        assert {name: kept.get(name) for name in self.decided} == self.decided
        shown = self.ask(wire.ShowCase(session=self.ann.session, case_id=self.case_id)).case
        assert self.spent <= (shown.searches_today or 0) <= min(self.asked, LIMIT)

    def every(self, kind: Any, who: Person) -> list[Any]:
        found, cursor = [], None
        while cursor != "":
            page = self.ask(kind(session=who.session, limit=1_000, cursor=cursor or ""))
            found, cursor = [*found, *page.items], page.next_cursor
        return found


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[VaultDriver]:
    with running_vault(tmp_path) as driver:
        yield driver


def run(vault: VaultDriver, kills: int) -> None:
    seed = int(os.environ.get("FACEKEEP_SEED", "20260301"))
    draw = random.Random(seed)
    load = Load(vault)
    load.change_rules(vault.server)
    load.approve()
    for _ in range(kills):
        load.until_killed(draw.uniform(0.05, 0.4))
        load.check()
    assert load.rules_acknowledged > 1_001
    assert load.spent > 0
    assert load.decided


def test_nothing_acknowledged_is_lost(vault: VaultDriver) -> None:
    run(vault, KILLS)


@pytest.mark.nightly
def test_nothing_acknowledged_is_lost_in_many_kills(vault: VaultDriver) -> None:
    run(vault, NIGHTLY_KILLS)
