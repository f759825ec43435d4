"""A thief who touches a decoy, by the road that they have to it, is told of within five seconds.

The keep is real: vault and server as processes, a receiver of the operator's webhook, the command line. Its policy is
to watch (`none`), so that the roads behind a decoy's key are there to be taken.
"""

import json
import re
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from customers import Customer, Customers, customers
from keep_process import KeepProcess, running_keep, wait_until
from receiver import Receiver, running_receiver
from town import Town
from vault_driver import code_of

from facekeep.errors import FacekeepError
from facekeep.sealed.format import parse_block
from facekeep.service import alarms, canaries
from facekeep.service.housekeeping import tidy
from facekeep.vault import wire
from facekeep.vault.canaries.register import Kind
from facekeep.vault.client import VaultClient
from facekeep_sdk import verify_webhook

SECRET, WITHIN_S = "a secret of the operator's", 5.0


@dataclass
class Guarded:
    """A keep, and where its alarms are told."""

    keep: KeepProcess
    receiver: Receiver

    def decoy(self, kind: str, *, is_file: bool = False) -> str:
        found = canaries.canaries(self.keep.settings, retired=False).items
        return next(one.thing for one in found if (one.kind, one.is_file) == (kind, is_file))

    def told(self) -> set[str]:
        """The kinds that the receiver was told of, every one of them signed."""
        came = [verify_webhook(SECRET, headers["Facekeep-Signature"], body) for _, headers, body in self.receiver.came]
        return {one.kind for one in came if not one.drill}

    def expect(self, *kinds: str) -> None:
        """These alarms are listed and told within seconds; what was told is forgotten then."""
        wanted = {f"canary.{kind}" for kind in kinds}
        wait_until(lambda: wanted <= self.told(), f"{wanted} told", WITHIN_S)
        listed = list(alarms.alarms(self.keep.settings, open_only=True))
        assert wanted <= {one.kind for one in listed}
        for one in listed:
            alarms.acknowledge(self.keep.settings, one.alarm_id, by="test")
        self.receiver.came.clear()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "secret").write_text(SECRET)
    with running_receiver() as receiver:
        toml = (
            '[webhooks]\nallow_networks = ["127.0.0.0/8"]\n[canaries]\nresponse = "none"\n'
            f'[alarms]\nwebhook = "{receiver.url()}"\nsecret_file = "{folder / "secret"}"\n'
        )
        with running_keep(folder, toml=toml) as keep:
            yield Guarded(keep, receiver)


def ask(keep: KeepProcess, key: str, path: str, method: str = "GET", **body: Any) -> httpx.Response:
    with keep.client(headers={"Authorization": f"Bearer {key}"}) as client:
        return client.request(method, path, **body)


def test_decoy_files_tell_who_reads_them_and_the_key_in_them_who_uses_it(guarded: Guarded) -> None:
    keep = guarded.keep
    stolen = json.loads((keep.data_dir / guarded.decoy("api_key", is_file=True)).read_text())["api_key"]
    guarded.expect("api_key")
    (keep.data_dir / guarded.decoy("configuration_secret", is_file=True)).read_text()
    guarded.expect("configuration_secret")
    (keep.data_dir / guarded.decoy("backup_file", is_file=True)).read_bytes()
    guarded.expect("backup_file")
    assert ask(keep, stolen, "/v1/me").status_code == 200
    guarded.expect("api_key", "organization")
    assert ask(keep, stolen, "/v1/log/entries").json()["entries"]
    guarded.expect("log_entry")
    assert ask(keep, stolen, "/v1/log/export", "POST").status_code == 200
    guarded.expect("log_entry")


def test_guessing_a_decoys_id_over_http_is_told_and_not_found(guarded: Guarded) -> None:
    keep = guarded.keep
    body = {"member_id": guarded.decoy("member"), "name": "x"}
    assert ask(keep, keep.api_key, "/v1/api-keys", "POST", json=body).status_code == 404
    guarded.expect("member")


def test_a_compromised_server_is_told_when_it_names_a_decoy_to_the_vault(guarded: Guarded) -> None:
    vault = VaultClient(guarded.keep.settings.vault_socket)
    organization = guarded.decoy("organization")
    session = vault.call(wire.Authenticate(untrusted_credential=guarded.keep.api_key), wire.SessionOpened).session
    message = wire.ChooseOrganization(session=session, organization_id=organization)
    assert code_of(vault.call, message, wire.SignedIn) == "forbidden"
    vault.close()
    guarded.expect("organization")


def test_the_operators_drill_finds_every_decoy_that_lies_somewhere(guarded: Guarded) -> None:
    tested = guarded.keep.cli("canary", "test", "--json")
    assert tested.returncode == 0, tested.stderr
    rows = json.loads(tested.stdout)
    assert {one["kind"] for one in rows} == set(Kind) - {Kind.COLLECTION, Kind.BLOCK}
    assert all(one["alarm_s"] < WITHIN_S for one in rows), rows
    assert not guarded.told()


# ---- passkeys, in a vault in this process ----------------------------------------------------------------------------


def test_signing_in_with_a_decoys_passkey_is_told_and_refused_like_any_wrong_one(town: Town) -> None:
    ana = town.join()
    (credential_id,) = town.vault.database.row(
        "SELECT credential_id FROM passkeys WHERE passkey_id IN (SELECT name FROM canary_names)"
    ) or (b"",)
    ana.device.passkeys[-1].credential_id = credential_id
    assert code_of(town.sign_in, ana) == "unauthenticated"
    (alarm,) = town.ask_operator(wire.ListAlarms(), wire.AlarmPage).items
    assert alarm.kind == "canary.passkey"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


# ---- the store -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Customers, Customer, str]]:
    """A keep with galleries from before and after its decoy was stored; a customer, and a session of theirs."""
    with customers(tmp_path_factory.mktemp("stocked")) as all_of_them:
        one = all_of_them.add("Missing Persons")
        gallery = one.collection()
        faces(one, gallery, 9)
        canaries.rotate(all_of_them.keep.settings)
        tidy(all_of_them.keep)
        faces(one, gallery, 14)
        opened = all_of_them.keep.vault.call(wire.Authenticate(untrusted_credential=one.api_key), wire.SessionOpened)
        yield all_of_them, one, opened.session


def faces(one: Customer, collection_id: str, count: int) -> None:
    """A bulk request: one block."""
    photos = [("photo", (f"p{n}", f"{collection_id} {count} {n} ".encode() * 700)) for n in range(count)]
    metadata = json.dumps([{"photo_name": f"p{n}", "person_name": f"Person {count} {n}"} for n in range(count)])
    one.made(f"/v1/collections/{collection_id}/faces", data={"metadata": metadata}, files=photos)


def test_a_thief_of_the_store_finds_nothing_that_only_decoys_have(
    stocked: tuple[Customers, Customer, str],
) -> None:
    keep = stocked[0].keep
    (block,) = (one.thing for one in canaries.canaries(keep.settings, retired=False).items if one.kind == "block")
    blocks = {path.name.partition(".")[0]: path for path in keep.settings.store_dir.rglob("blk_*") if path.is_file()}
    real = [path for name, path in blocks.items() if name != block]
    assert len(real) == 2
    assert {looks(path) for path in real} == {looks(blocks[block])}
    assert all(slots_of(path) > 1 for path in blocks.values())
    modified = sorted(path.stat().st_mtime_ns for path in blocks.values())
    assert modified[1] == blocks[block].stat().st_mtime_ns  # neither the first nor the last


def looks(path: Path) -> tuple[object, ...]:
    """What a thief sees of a block's file but its size: mode, owner, shape of its name, depth, head."""
    facts, (header, _) = path.stat(), parse_block(path.read_bytes())
    name = re.sub(r"[a-z2-7]", "x", path.name.removeprefix("blk_"))
    head = (header.epoch, header.dimension, header.contract, header.parameters)
    return stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid, name, len(path.parts), head


def slots_of(path: Path) -> int:
    return parse_block(path.read_bytes())[0].slots


def test_whoever_opens_every_cell_of_the_store_meets_the_decoys(stocked: tuple[Customers, Customer, str]) -> None:
    all_of_them, _, session = stocked
    vault, settings = all_of_them.keep.vault, all_of_them.keep.settings
    for cell_id in every_cell(settings.store_dir / "records.sqlite3"):
        cell = next(iter(all_of_them.keep.store.get([cell_id]).values()))
        opened = wire.OpenCells(session=session, cells=(wire.Cell(cell.cell_id, cell.kind, cell.ciphertext),))
        try:
            vault.call(opened, wire.OpenedCells)
        except FacekeepError as error:
            if error.code == "frozen":
                break
    else:
        raise AssertionError("the session outlived a walk through the store")
    assert [one.kind for one in alarms.alarms(settings, open_only=True)] == ["canary.block"]


def every_cell(records: Path) -> list[Any]:
    connection = sqlite3.connect(records)
    found = [cell_id for (cell_id,) in connection.execute("SELECT id FROM records ORDER BY id")]
    connection.close()
    return found


def test_cells_of_decoys_have_sizes_and_kinds_of_real_ones(stocked: tuple[Customers, Customer, str]) -> None:
    connection = sqlite3.connect(stocked[0].keep.settings.store_dir / "records.sqlite3")
    rows = connection.execute("SELECT id, kind, length(cell), typeof(cell) FROM records").fetchall()
    connection.close()
    assert {len(name) for name, *_ in rows} == {30}
    by_kind: dict[str, set[int]] = {}
    for _, kind, size, of in rows:
        by_kind.setdefault(kind, set()).add(size)
        assert of == "blob"
    assert set(by_kind) == {"person", "face", "template", "crop"}
    assert all(len(by_kind[kind]) == 1 for kind in ("person", "face", "template"))
    assert all(size % 4096 == 16 for size in by_kind["crop"])
