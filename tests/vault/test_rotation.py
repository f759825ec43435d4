"""Rotating the root key and organizations' keys: everything reads on, and old secrets open nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from review_room import ReviewRoom
from town import Town
from vault_driver import code_of, near, unit

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.vault import files, seal, wire
from facekeep.vault.database import Database
from facekeep.vault.keeper import Keeper
from facekeep.vault.rotation.organization import SEALED
from facekeep.vault.sketches import note_probes

PASSPHRASES = [f"correct horse battery {i}" for i in range(9)]
# What hangs on another key than an organization's: the root key, a collection's, an account's.
OTHERS = {
    ("organizations", "wrapped_key"), ("carried_keys", "wrapped_key"),
    ("blocks", "wrapped_secret"), ("cell_keys", "wrapped_key"),
}  # fmt: skip


@pytest.fixture
def room() -> Iterator[ReviewRoom]:
    room = ReviewRoom()
    yield room
    room.close()


def rotate_root(room: ReviewRoom) -> wire.RootRotated:
    message = wire.RotateRoot(present=room.key_file, method="key_file", secret=room.key_file)
    answer = room.keeper.operate(message)
    assert isinstance(answer, wire.RootRotated)
    return answer


def organizations(keeper: Keeper) -> list[str]:
    page = keeper.operate(wire.ListOrganizations())
    assert isinstance(page, wire.OrganizationPage)
    return [one.organization_id for one in page.items]


def rotate_organizations(room: ReviewRoom) -> None:
    for org_id in organizations(room.keeper):
        room.keeper.operate(wire.RotateOrganization(organization_id=org_id))


def vault_of(keeper: Keeper) -> Any:
    assert keeper._open is not None
    return keeper._open


def vault_folder(room: ReviewRoom) -> Path:
    return Path(room.folder.name) / "vault"


def everything(room: ReviewRoom, case_id: str) -> dict[str, Any]:
    """What people of the room see, but for what a search changes."""
    leads = [replace(one, found_at="") for one in room.say("rita", wire.ListLeads, case_id=case_id, limit=1_000).items]
    return {
        "case": replace(room.say("ann", wire.ShowCase, case_id=case_id).case, searches_today=0),
        "leads": leads,
        "approvals": room.say("rita", wire.ListApprovals).items,
        "webhooks": room.say("admin", wire.ListWebhooks).items,
        "standing": room.say("ann", wire.ListStanding, case_id=case_id).items,
        "candidates": [
            (one.place.face_id, one.score) for one in room.search("ann", case_id, "a probe", top_k=4).candidates
        ],
        "persons": room.say("admin", wire.ListPersons, collection_id=room.collection).items,
    }


def furnished(room: ReviewRoom) -> str:
    """A case with something of every kind in it."""
    case_id = room.case("ann", "rita", "rob")
    found = room.search("ann", case_id)
    lead = found.candidates[0].lead_id
    room.decide("rita", lead, reason="the ear")
    room.say("rita", wire.RevealLead, lead_id=lead, reason="to know")
    strict = room.new_collection("strict", wire.Policy(approval_required=True))
    room.say("ann", wire.RequestApproval, case_id=case_id, collection_id=strict, reason="because")
    room.say("admin", wire.SetWebhook, url="https://example.org/hook")
    asked = {"collection_ids": (room.collection,), "probe": unit("wanted").tobytes(), "reason": "wanted"}
    standing = room.say("ann", wire.CreateStanding, case_id=case_id, **asked).standing
    room.say("rita", wire.ApproveStanding, standing_id=standing.standing_id)
    return case_id


@pytest.mark.parametrize("rotate", [rotate_root, rotate_organizations])
def test_everything_reads_on_at_once_and_after_a_restart(room: ReviewRoom, rotate: Any) -> None:
    case_id = furnished(room)
    everything(room, case_id)  # a search shows leads: those of the first time are in the second
    before, entries = everything(room, case_id), room.log()
    for _ in range(2):
        rotate(room)
        assert everything(room, case_id) == before
        assert room.log()[: len(entries)] == entries
    room.restart()
    assert everything(room, case_id) == before
    assert room.log()[: len(entries)] == entries
    numbers = [one.entry for one in room.log()]
    assert numbers == list(range(len(numbers)))


def test_both_rotations_in_turns_with_new_things_between(room: ReviewRoom) -> None:
    case_id = room.case("ann")
    for i in range(3):
        rotate_root(room)
        room.enroll(room.collection, [near(unit("target"), f"new {i}", 0.99)])
        rotate_organizations(room)
        assert len(room.search("ann", case_id, f"p{i}", top_k=10).candidates) == 4 + i + 1
        if i == 1:
            room.restart()


def test_sessions_grants_and_cursors_live_on(room: ReviewRoom) -> None:
    cases = [room.case("ann") for _ in range(3)]
    page = room.say("ann", wire.ListCases, limit=1)
    asked = {"collection_ids": (room.collection,), "probes": unit("target").tobytes()}
    grant = room.say("ann", wire.GrantSearch, case_id=cases[0], **asked)
    rotate_root(room)
    rotate_organizations(room)
    rest = room.say("ann", wire.ListCases, limit=10, cursor=page.next_cursor)
    assert {one.case_id for one in (*page.items, *rest.items)} == set(cases)
    assert room.ask("ann", wire.OpenSums, grant_id=grant.grant_id, sums=b"") == "invalid_request"  # the grant is there


def test_the_operators_cursor_and_the_order_of_organizations_live_on(room: ReviewRoom) -> None:
    for name in ("Three", "Four"):
        room.keeper.operate(wire.AddOrganization(name=name, admin="A", is_program=True))
    three = organizations(room.keeper)[2]
    room.keeper.operate(wire.ShredOrganization(organization_id=three, expected_name="Three"))
    first = room.keeper.operate(wire.ListOrganizations(limit=1))
    assert isinstance(first, wire.OrganizationPage)
    rotate_root(room)
    rest = room.keeper.operate(wire.ListOrganizations(cursor=first.next_cursor))
    assert isinstance(rest, wire.OrganizationPage)
    assert [one.name for one in (*first.items, *rest.items)] == ["One", "Two", "Four"]


def test_second_factors_passwords_and_invitations_live_on(town: Town) -> None:
    town.allow_passwords()
    ana, invitation = town.join_by_password(), town.invite("Bo")
    key = str(town.folder / "k")
    rotated = town.ask_operator(wire.RotateRoot(present=key, method="key_file", secret=key), wire.RootRotated)
    assert rotated.pause_ms >= 0
    town.sign_in_by_password(ana)
    town.join(invitation)
    town.keeper.seal()
    town.keeper.operate(wire.Unseal(key_file=key))
    town.sign_in_by_password(ana, later=1)


def test_a_probe_near_to_one_from_before_is_still_flagged(room: ReviewRoom) -> None:
    vault = vault_of(room.keeper)
    org_id = organizations(room.keeper)[0]

    def is_near(name: str) -> bool:
        probe = (near(unit("x"), name, 0.999) * 1_000).astype("int32").reshape(1, -1)
        with vault.database.transaction():
            return note_probes(vault.database, vault.shelf.org_key(org_id), org_id, "mem", probe)

    assert not is_near("first")
    rotate_organizations(room)
    assert is_near("second")


def test_every_sealed_column_is_sealed_again(room: ReviewRoom) -> None:
    """A table that hides something under an organization's key must be in the list of what a rotation seals again."""
    sql = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE c.name LIKE 'wrapped%'"
    columns = set(vault_of(room.keeper).database.rows(sql))
    assert columns == {(one.table, one.column) for one in SEALED} | OTHERS


def test_the_old_keys_of_an_organization_are_in_no_page_of_the_database(room: ReviewRoom) -> None:
    furnished(room)
    database = vault_of(room.keeper).database
    tables = {one.table for one in SEALED} | {"organizations", "carried_keys"}
    selects = [f"SELECT {one.column} FROM {one.table}" for one in SEALED]
    before = {value for sql in selects for (value,) in database.rows(sql) if value}
    rotate_organizations(room)
    after = {value for sql in selects for (value,) in database.rows(sql) if value}
    assert len(before) == len(after) > len(tables)
    assert not before & after


def test_an_unknown_organization_is_not_found(room: ReviewRoom) -> None:
    assert code_of(room.keeper.operate, wire.RotateOrganization(organization_id="org_nobody")) == "not_found"


def test_a_shredded_organization_leaves_no_carried_key(room: ReviewRoom) -> None:
    rotate_organizations(room)
    two = organizations(room.keeper)[1]
    room.keeper.operate(wire.ShredOrganization(organization_id=two, expected_name="Two"))
    owners = vault_of(room.keeper).database.rows("SELECT DISTINCT org_id FROM carried_keys")
    assert two not in {owner for (owner,) in owners}


# ---- the root key and what opens it ----


def keeper_of(tmp_path: Path, **secret: str) -> tuple[Keeper, wire.Initialized]:
    keeper = Keeper(tmp_path / "vault")
    made = keeper.operate(wire.Initialize(organization="O", member="M", **secret))
    assert isinstance(made, wire.Initialized)
    return keeper, made


def test_from_a_key_file_to_shares_to_a_passphrase_to_another_one(tmp_path: Path) -> None:
    keeper, made = keeper_of(tmp_path, method="key_file", key_file=str(tmp_path / "k"))
    drawn = keeper.operate(wire.DrawShares())
    assert isinstance(drawn, wire.SharesDrawn)
    three = "\n".join(drawn.shares[1:4])
    steps = [
        (str(tmp_path / "k"), "shares", three),
        ("\n".join(drawn.shares[:3]), "passphrase", PASSPHRASES[0]),
        (PASSPHRASES[0], "passphrase", PASSPHRASES[1]),
    ]
    for present, method, secret in steps:
        keeper.operate(wire.RotateRoot(present=present, method=method, secret=secret))
        assert keeper.status().method == method
        keeper.serve(wire.Authenticate(untrusted_credential=made.api_key))
    keeper.seal()
    assert code_of(keeper.operate, wire.Unseal(passphrase=PASSPHRASES[0])) == "unseal_refused"
    keeper.operate(wire.Unseal(passphrase=PASSPHRASES[1]))
    keeper.serve(wire.Authenticate(untrusted_credential=made.api_key))
    assert sorted(path.name for path in (tmp_path / "vault").glob("vault*.db")) == ["vault-3.db"]
    keeper.seal()


def test_who_holds_the_operators_socket_alone_cannot_rotate_the_root_key(tmp_path: Path) -> None:
    keeper, _ = keeper_of(tmp_path, method="passphrase", passphrase=PASSPHRASES[0])
    before = (tmp_path / "vault" / "seal.json").read_bytes()
    forged = wire.RotateRoot(present="guess guess guess", method="passphrase", secret=PASSPHRASES[1])
    assert code_of(keeper.operate, forged) == "unseal_refused"
    assert (tmp_path / "vault" / "seal.json").read_bytes() == before
    (entry,) = [one for one in vault_of(keeper).journal.read("", 0, 100)[0] if one.act == "root.rotate"]
    assert entry.outcome == "refused"
    keeper.seal()


@pytest.mark.parametrize(
    ("method", "secret", "code"),
    [
        ("passphrase", "short", "invalid_request"),
        ("passphrase", PASSPHRASES[0], "invalid_request"),
        ("horoscope", PASSPHRASES[1], "invalid_request"),
        ("shares", "academic acid", "unseal_refused"),
    ],
)
def test_an_unfit_new_secret_changes_nothing(tmp_path: Path, method: str, secret: str, code: str) -> None:
    keeper, _ = keeper_of(tmp_path, method="passphrase", passphrase=PASSPHRASES[0])
    message = wire.RotateRoot(present=PASSPHRASES[0], method=method, secret=secret)
    assert code_of(keeper.operate, message) == code
    keeper.seal()
    keeper.operate(wire.Unseal(passphrase=PASSPHRASES[0]))
    keeper.seal()


def test_a_sealed_vault_does_not_rotate(tmp_path: Path) -> None:
    keeper, _ = keeper_of(tmp_path, method="passphrase", passphrase=PASSPHRASES[0])
    keeper.seal()
    message = wire.RotateRoot(present=PASSPHRASES[0], method="passphrase", secret=PASSPHRASES[1])
    assert code_of(keeper.operate, message) == "vault_sealed"


@pytest.mark.parametrize("step", ["copy_to", "_sync", "rewrap", "checkpoint", "seal"])
def test_a_full_disk_at_any_step_changes_nothing(room: ReviewRoom, monkeypatch: Any, step: str) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise Unavailable(Code.DISK_FULL, "full")

    case_id = furnished(room)
    everything(room, case_id)
    before = everything(room, case_id)
    places = {
        "copy_to": "facekeep.vault.database.Database._fill_copy", "_sync": "facekeep.vault.database._sync",
        "rewrap": "facekeep.vault.rotation.root._hang",
        "checkpoint": "facekeep.vault.carried.begin_generation", "seal": "facekeep.vault.seal._write_private",
    }  # fmt: skip
    if step != "seal":
        monkeypatch.setattr(places[step], full)
        with pytest.raises(FacekeepError):
            rotate_root(room)
    else:
        monkeypatch.setattr("facekeep.vault.rotation.root.seal.save", full)
        with pytest.raises(FacekeepError):
            rotate_root(room)
    monkeypatch.undo()
    assert everything(room, case_id) == before
    room.restart()
    assert everything(room, case_id) == before
    assert [one.name for one in vault_folder(room).glob("vault*.db")] == ["vault.db"]
    rotate_root(room)
    assert everything(room, case_id) == before


def test_a_seal_that_was_replaced_without_an_answer_shuts_the_vault(room: ReviewRoom, monkeypatch: Any) -> None:
    """The disk says the new key, memory the old one: nothing may be acknowledged into the old file any more."""
    real = seal.save

    def replaced_then_failed(folder: Path, fresh: seal.SealFile) -> None:
        real(folder, fresh)
        raise OSError(5, "input/output error")

    monkeypatch.setattr(seal, "save", replaced_then_failed)
    with pytest.raises(OSError, match="input/output"):
        rotate_root(room)
    monkeypatch.undo()
    assert room.keeper.status().state == "sealed"
    room.restart()
    assert vault_of(room.keeper).generation == 1


# ---- files ----


def test_a_copy_keeps_rows_numbers_and_version(tmp_path: Path) -> None:
    old = Database(tmp_path / "old.db", bytes(32))
    with old.transaction():
        for i in range(9):
            old.run("INSERT INTO organizations (org_id, name, wrapped_key) VALUES (?, ?, x'00')", f"o{i}", f"n{i}")
            cell = "INSERT INTO cell_keys (cell_id, collection, kind, wrapped_key) VALUES (?, 1, 'face', x'00')"
            old.run(cell, f"c{i}")
            old.run("INSERT INTO persons (person_id, collection, person_cell) VALUES (?, 1, 'c')", f"p{i}")
        old.run("DELETE FROM organizations WHERE org_id IN ('o3', 'o5')")
        old.run("DELETE FROM persons WHERE person_id = 'p8'")
    new = old.copy_to(tmp_path / "new.db", bytes(range(32)))
    tables = [name for (name,) in old.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for table in tables:
        sql = f"SELECT * FROM {table} ORDER BY 1"
        assert new.rows(sql) == old.rows(sql)
    by_number = "SELECT rowid, org_id FROM organizations ORDER BY rowid"
    assert new.rows(by_number) == old.rows(by_number)
    for pragma in ("user_version", "journal_mode", "synchronous", "secure_delete"):
        assert new.row(f"PRAGMA {pragma}") == old.row(f"PRAGMA {pragma}")
    assert (tmp_path / "new.db").stat().st_mode & 0o077 == 0
    old.close()
    new.close()


def test_a_missing_database_is_not_made_anew(room: ReviewRoom) -> None:
    rotate_root(room)
    room.keeper.seal()
    aside = Path(room.folder.name) / "aside"
    shutil.move(vault_folder(room) / "vault-1.db", aside)
    assert code_of(room.keeper.operate, wire.Unseal(key_file=room.key_file)) == "database_altered"
    shutil.move(aside, vault_folder(room) / "vault-1.db")
    room.restart()


def test_an_older_database_is_removed_and_a_later_one_put_aside(room: ReviewRoom) -> None:
    rotate_root(room)
    folder = vault_folder(room)
    for name in ("vault.db", "vault.db-wal", "vault-2.db", "vault-2.db-journal", "vault-x.db"):
        (folder / name).write_bytes(b"left behind")
    room.restart()
    left = ["vault-1.db", "vault-1.db-shm", "vault-1.db-wal", "vault-x.db"]
    assert sorted(path.name for path in folder.glob("vault*.db*")) == left
    (aside,) = folder.glob("unfinished-*")
    assert sorted(path.name for path in aside.iterdir()) == ["vault-2.db", "vault-2.db-journal"]


def test_a_seal_that_does_not_fit_touches_no_file(room: ReviewRoom) -> None:
    """Somebody put an older seal.json back: its database is gone, and the newer one must stay where it is."""
    before = (vault_folder(room) / "seal.json").read_bytes()
    old_key = Path(room.key_file).read_bytes()
    rotate_root(room)
    new_key = Path(room.key_file).read_bytes()
    room.keeper.seal()
    now = (vault_folder(room) / "seal.json").read_bytes()
    (vault_folder(room) / "seal.json").write_bytes(before)
    Path(room.key_file).write_bytes(old_key)
    assert code_of(room.keeper.operate, wire.Unseal(key_file=room.key_file)) == "database_altered"
    (vault_folder(room) / "seal.json").write_bytes(now)
    Path(room.key_file).write_bytes(new_key)
    room.restart()


def test_a_key_file_with_two_keys_opens_by_either_and_is_tidied(tmp_path: Path) -> None:
    keeper, _ = keeper_of(tmp_path, method="key_file", key_file=str(tmp_path / "k"))
    keeper.seal()
    right, wrong = (tmp_path / "k").read_text(), "00" * 32
    for text in (f"{right}\n{wrong}", f"{wrong}\n{right}"):
        (tmp_path / "k").write_text(text)
        keeper.operate(wire.Unseal(key_file=str(tmp_path / "k")))
        keeper.seal()
        assert (tmp_path / "k").read_text() == right
    for text in ("", f"{right}\n{wrong}\n{wrong}", "zz"):
        (tmp_path / "k").write_text(text)
        assert code_of(keeper.operate, wire.Unseal(key_file=str(tmp_path / "k"))) == "unseal_refused"


def test_database_names() -> None:
    assert [files.database_path(Path("v"), n).name for n in (0, 1, 12)] == ["vault.db", "vault-1.db", "vault-12.db"]
