"""What only the vault knows, planted in a real vault: its counts, and what the doctor makes of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from planting import Planted, assert_can_be_run
from production import reviewed_by_two_admins
from town import Person, Town
from vault_driver import CONTRACT

from facekeep.service.doctor.backups import no_backup, stale_backup
from facekeep.service.doctor.finding import Check, Needs
from facekeep.service.doctor.registry import CHECKS
from facekeep.settings import CanarySettings
from facekeep.vault import wire
from facekeep.vault.clock import timestamp
from facekeep.vault.keeper import Keeper

TABLE = Path(__file__).parents[3] / "src/facekeep/vault/score_tables/yunet-2023mar-int8bq+sface-2021dec-int8bq.json"
ASKS_THE_VAULT_ITSELF = {"witness-refuses", "vault-memory", "checkpoint-old"}


@dataclass
class Bureau:
    """A vault in this process that was set up as the production example is."""

    town: Town
    admin: str

    def run(self, sql: str, *values: object) -> None:
        with self.town.vault.database.transaction():
            self.town.vault.database.run(sql, *values)

    def join(self, roles: tuple[str, ...]) -> Person:
        code = self.town.ask(wire.Invite(session=self.admin, name="Cam", roles=roles), wire.Invited).code
        return self.town.join(code)

    def key(self, days: float | None) -> None:
        """An API key of somebody's, that ends in so many days."""
        member = self.town.myself(self.admin).member.member_id
        message = wire.MakeApiKey(
            session=self.admin, member_id=member, name="k", expires_at=timestamp(days=days) if days else None
        )
        self.town.ask(message, wire.ApiKeyMade)

    def rules(self, **rules: object) -> None:
        self.town.ask(wire.SetRules(session=self.admin, rules=wire.Rules(**rules)), wire.RulesShown)


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    folder = tmp_path / "bureau"
    keeper = Keeper(folder / "vault", canaries=CanarySettings(files=False))
    message = wire.Initialize(method="key_file", organization="First", member="Op", key_file=str(tmp_path / "k"))
    town = Town(folder, keeper, keeper.operate(message).api_key)
    admin, _ = reviewed_by_two_admins(keeper.serve, town.api_key, "http://localhost:8470")
    keeper.operate(wire.InstallScoreTable(table=TABLE.read_bytes()))
    yield Bureau(town, admin)
    keeper.seal()


def evaluation(bureau: Bureau) -> None:
    policy = wire.Policy(evaluation=True)
    message = wire.CreateCollection(session=bureau.admin, name="eval", contract=CONTRACT, policy=policy)
    bureau.town.ask(message, wire.CollectionShown)


def long_ago(bureau: Bureau) -> None:
    bureau.key(days=300)
    bureau.run("UPDATE api_keys SET created_at = '2020-01-01T00:00:00.000Z', used_on = '2020-02-26'")


def admin_of_old(bureau: Bureau) -> None:
    bureau.run("UPDATE members SET created_at = '2020-01-01T00:00:00.000Z'")
    bureau.run("UPDATE passkeys SET used_on = '2020-02-26' WHERE rowid = (SELECT max(rowid) FROM passkeys)")


def one_admin_left(bureau: Bureau) -> None:
    other = bureau.town.ask(wire.ListMembers(session=bureau.admin), wire.MemberPage).items[-1]
    bureau.town.ask(wire.RemoveMember(session=bureau.admin, member_id=other.member_id), wire.Done)


def by_password(bureau: Bureau) -> None:
    bureau.rules(password_sign_in=True)
    code = bureau.town.ask(wire.Invite(session=bureau.admin, name="Cam", roles=("auditor",)), wire.Invited).code
    bureau.town.join_by_password(code)


def second_organization(bureau: Bureau) -> None:
    """With two admins, like the first; nobody sets its rules."""
    code = bureau.town.another_organization()
    ana = bureau.town.join(code)
    bureau.town.join(bureau.town.ask(wire.Invite(session=ana.session, name="B", roles=("admin",)), wire.Invited).code)


def decoy_gone(bureau: Bureau) -> None:
    bureau.run("UPDATE canaries SET retired_at = ? WHERE kind = 'passkey'", timestamp())
    bureau.town.vault.canaries.reload()


def an_alarm(bureau: Bureau) -> None:
    bureau.run(
        "INSERT INTO alarms (alarm_id, kind, org_id, facts, at, is_drill, state)"
        " VALUES ('alm_1', 'canary.member', '', x'80', ?, 0, 'told')",
        timestamp(),
    )


PLANTS: dict[str, Callable[[Bureau], object]] = {
    "keys-without-end": lambda one: one.key(days=None),
    "keys-expiring": lambda one: one.key(days=3),
    "keys-unused": long_ago,
    "admins-unused": admin_of_old,
    "single-admin": one_admin_left,
    "no-passkey": by_password,
    "rules-never-set": second_organization,
    "budgets-wide-open": lambda one: one.rules(searches_a_day=100_000),
    "retention-off": lambda one: one.rules(case_retention_days=3_660),
    "open-evaluations": evaluation,
    "shipped-score-table": lambda one: one.run("DELETE FROM meta WHERE name LIKE 'scores/%'"),
    "vault-schema": lambda one: one.run("CREATE TRIGGER noted AFTER INSERT ON members BEGIN SELECT 1; END"),
    "canaries-missing": decoy_gone,
    "alarms-open": an_alarm,
}


def vault_checks() -> list[Check]:
    wanted = [one for one in CHECKS if one.needs is Needs.VAULT and one.name not in ASKS_THE_VAULT_ITSELF]
    return [*wanted, no_backup, stale_backup]


@pytest.fixture
def looked_at(planted: Planted, bureau: Bureau) -> Callable[[], list[str]]:
    """Names of what is found, in the example's folder, with this vault's answer."""

    def look() -> list[str]:
        planted.examined = bureau.town.ask_operator(wire.Examine(), wire.Examination)
        found = planted.findings(vault_checks())
        for one in found:
            assert_can_be_run(one.fix)
        return [one.check for one in found]

    return look


def test_a_vault_that_was_set_up_so_has_nothing(looked_at: Callable[[], list[str]]) -> None:
    assert looked_at() == []


@pytest.mark.parametrize("check", PLANTS)
def test_what_is_planted_in_the_vault_is_found(
    bureau: Bureau, looked_at: Callable[[], list[str]], check: str
) -> None:
    PLANTS[check](bureau)
    assert looked_at() == [check]


def test_the_vaults_word_on_the_newest_backup_counts_too(
    planted: Planted, bureau: Bureau, looked_at: Callable[[], list[str]]
) -> None:
    (planted.data_dir / "last-backup").unlink()
    assert looked_at() == ["no-backup"]
    bureau.run("INSERT INTO meta VALUES ('last_backup', ?)", timestamp(days=-2).encode())
    assert looked_at() == ["stale-backup"]
    bureau.run("UPDATE meta SET value = ? WHERE name = 'last_backup'", timestamp(hours=-2).encode())
    assert looked_at() == []


def test_the_examination_is_an_entry_and_the_decoys_are_in_no_count(bureau: Bureau) -> None:
    bureau.run("UPDATE members SET created_at = '2020-01-01T00:00:00.000Z'")
    answer = bureau.town.ask_operator(wire.Examine(), wire.Examination)
    assert answer.organizations == 1
    assert answer.single_admins == answer.rules_never_set == answer.keys_without_end == 0
    assert bureau.town.keep_acts()[-1] == ("keep.examine", "done")
