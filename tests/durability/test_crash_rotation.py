"""kill -9 of the vault while its keys are rotated and it is used: it opens by the old secret or the new one, nothing
acknowledged is lost, nothing is half done, and no search that is not cut off by the kill fails.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from people import opened_case
from vault_driver import EVALUATION, VaultDriver, near, running_vault, unit

from facekeep.errors import FacekeepError
from facekeep.vault import wire
from facekeep.vault.client import VaultClient
from facekeep_sdk.ledger_check import open_checkpoint
from facekeep_sdk.log_handover import follow

KILLS, NIGHTLY_KILLS, SEED, FACES = 1, 100, 20_261_123, 24
Rotate = Callable[["Load", VaultClient], None]


class Load:
    """Searches, cases and log reads beside one rotation after another, until the vault is killed."""

    def __init__(self, vault: VaultDriver) -> None:
        self.vault = vault
        self.collection = vault.collection("c", EVALUATION)
        for i in range(3):
            vault.enroll(self.collection, {f"{i} {k}": [near(unit("t"), f"{i} {k}", 0.9)] for k in range(FACES // 3)})
        self.org_id = vault.operator.call(wire.ListOrganizations(), wire.OrganizationPage).items[0].organization_id
        self.first_key = self.checkpoint().verifier_key
        self.cases: set[str] = set()
        self.entries = self.searches = self.rotations = 0

    def checkpoint(self) -> wire.Checkpoint:
        return self.vault.server.call(wire.GetCheckpoint(), wire.Checkpoint)

    def rotate_root(self, client: VaultClient) -> None:
        key = str(self.vault.key_file)
        client.call(wire.RotateRoot(present=key, method="key_file", secret=key), wire.RootRotated)

    def rotate_organization(self, client: VaultClient) -> None:
        client.call(wire.RotateOrganization(organization_id=self.org_id), wire.Done)

    def rotate_log_key(self, client: VaultClient) -> None:
        client.call(wire.RotateLogKey(), wire.LogKeyRotated)

    def rotate_blocks(self, client: VaultClient) -> None:
        client.call(wire.RotateBlocks(), wire.DueBlocks)
        self.vault.housekeep()

    def use(self, client: VaultClient) -> None:
        self.cases.add(opened_case(lambda message: client.call(message, wire.Message), self.vault.session))
        page = client.call(wire.ReadLog(session=self.vault.session, start=self.entries, limit=1_000), wire.LogPage)
        assert [one.entry for one in page.entries] == list(range(self.entries, self.entries + len(page.entries)))
        self.entries += len(page.entries)

    def search(self, client: VaultClient) -> None:
        """As a server does it: again where the gallery moved."""
        for _ in range(20):
            try:
                message = wire.GrantSearch(
                    session=self.vault.session,
                    collection_ids=(self.collection,),
                    probes=unit("t").tobytes(),
                    top_k=100,
                )
                grant = client.call(message, wire.Grant)
                sums = self.vault.scan(grant).astype("<i4").tobytes()
                opening = wire.OpenSums(session=self.vault.session, grant_id=grant.grant_id, sums=sums)
                found = client.call(opening, wire.Candidates).lists[0].candidates
            except (FacekeepError, KeyError) as error:
                if isinstance(error, FacekeepError) and error.code != "stale":
                    raise
                continue
            assert len(found) == FACES
            self.searches += 1
            return
        raise AssertionError("a search came to nothing")

    def until_killed(self, rotate: Rotate, delay_s: float) -> None:
        rotating = lambda client: self._rotate(rotate, client)  # noqa: E731
        jobs = ((rotating, self.vault.operator), (self.use, self.vault.server), (self.search, self.vault.server))
        failures: list[BaseException] = []
        threads = [threading.Thread(target=self._repeat, args=(*job, failures)) for job in jobs]
        for one in threads:
            one.start()
        time.sleep(delay_s)
        assert self.vault.process is not None
        self.vault.process.kill()
        self.vault.process.wait()
        for one in threads:
            one.join()
        assert not failures, failures
        self.vault.server.close()
        self.vault.operator.close()
        self.vault.restart()

    def _rotate(self, rotate: Rotate, client: VaultClient) -> None:
        rotate(self, client)
        self.rotations += 1

    @staticmethod
    def _repeat(job: Any, to: VaultClient, failures: list[BaseException]) -> None:
        client = VaultClient(to._path)
        try:
            while True:
                job(client)
        except FacekeepError as error:
            if error.code != "vault_unreachable":
                failures.append(error)
        except BaseException as failure:
            failures.append(failure)
        finally:
            client.close()

    def check(self) -> None:
        server = self.vault.server
        self.search(server)
        listed, cursor = set(), None
        while cursor != "":
            message = wire.ListCases(session=self.vault.session, limit=1_000, cursor=cursor or "")
            page = server.call(message, wire.CasePage)
            listed |= {one.case_id for one in page.items}
            cursor = page.next_cursor
        assert self.cases <= listed, "a case was lost"
        self.entries = 0
        while True:
            before = self.entries
            self.use(server)
            if self.entries - before < 1_000:
                break
        newest = self.checkpoint()
        followed = follow(newest.handovers, self.first_key)
        assert followed.verifier_key == newest.verifier_key
        open_checkpoint(newest.note, newest.verifier_key)
        assert len(list((self.vault.data / "vault").glob("vault*.db"))) == 1


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[VaultDriver]:
    with running_vault(tmp_path) as driver:
        yield driver


ROTATIONS = (Load.rotate_root, Load.rotate_organization, Load.rotate_log_key, Load.rotate_blocks)


def run(vault: VaultDriver, rotations: tuple[Rotate, ...], kills: int) -> None:
    draw, load = random.Random(SEED), Load(vault)
    for _ in range(kills):
        for rotate in rotations:
            load.until_killed(rotate, draw.uniform(0.05, 0.9))
            load.check()
    print(f"{kills} kills of each, {load.rotations} rotations and {load.searches} searches acknowledged")
    assert load.rotations
    assert load.searches > kills


@pytest.mark.timeout(300)
def test_kill_9_during_any_rotation_loses_nothing_and_leaves_nothing_half_done(vault: VaultDriver) -> None:
    run(vault, ROTATIONS, KILLS)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("rotate", ROTATIONS)
def test_a_hundred_kills_during_each_rotation(vault: VaultDriver, rotate: Rotate) -> None:
    run(vault, (rotate,), NIGHTLY_KILLS)
