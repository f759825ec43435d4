"""Decoys in the vault: armed at the first opening, told at every touch, answered as if there were none, replaced."""

import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from decoys import enroll, place
from town import Town
from vault_driver import code_of, unit

from facekeep.errors import FacekeepError
from facekeep.settings import CanarySettings
from facekeep.vault import wire
from facekeep.vault.canaries.file_watch import FileWatch
from facekeep.vault.canaries.naming import names_in
from facekeep.vault.canaries.register import Canary, Kind
from facekeep.vault.keeper import Keeper

PLACED_LATER = {Kind.COLLECTION, Kind.BLOCK}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    keeper = watching(tmp_path)
    yield Town(tmp_path, keeper)
    keeper._surroundings.watch.close()


def watching(folder: Path) -> Keeper:
    """A vault that watches its decoy files, as the one in its own process does."""
    keeper = Keeper(folder / "vault")
    keeper.begin_watching()
    return keeper


def live(town: Town, *kinds: Kind) -> list[Canary]:
    return town.vault.canaries.live(*kinds)


def one(town: Town, kind: Kind, *, is_file: bool = False) -> str:
    return next(canary.thing for canary in live(town, kind) if ("." in canary.thing) == is_file)


def alarms(town: Town) -> list[wire.AlarmView]:
    """Those that nobody acknowledged, oldest first; they are acknowledged by that."""
    found = list(town.ask_operator(wire.ListAlarms(open_only=True), wire.AlarmPage).items)[::-1]
    for alarm in found:
        town.ask_operator(wire.AcknowledgeAlarm(alarm_id=alarm.alarm_id, by="test"), wire.AlarmShown)
    return found


def kinds(town: Town) -> list[str]:
    return [alarm.kind for alarm in alarms(town)]


def respond(town: Town, response: str) -> None:
    """From now on the policy is another one."""
    chosen = msgspec.structs.replace(town.vault.surroundings.settings, response=response)
    object.__setattr__(town.vault.surroundings, "settings", chosen)


def decoy_key(town: Town) -> str:
    """The key as a thief of the credentials file reads it."""
    content = (town.folder / one(town, Kind.API_KEY, is_file=True)).read_text()
    town.keeper.look_at_files(0)
    alarms(town)
    return str(msgspec.json.decode(content)["api_key"])


# ---- arming ----------------------------------------------------------------------------------------------------------


def test_a_new_keep_is_armed_and_its_operator_sees_its_customers_alone(town: Town) -> None:
    assert {canary.kind for canary in live(town)} == set(Kind) - PLACED_LATER
    shown = town.ask_operator(wire.ListOrganizations(), wire.OrganizationPage).items
    assert [organization.name for organization in shown] == ["First"]
    issued = town.ask_operator(wire.IssueApiKey(), wire.ApiKeyIssued)  # there is one organization only
    assert town.myself(town.key_session(issued.api_key)).organization == "First"
    assert alarms(town) == []


def test_an_older_keep_is_armed_at_its_next_opening_and_only_once(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "vault", canaries=CanarySettings(armed=False))
    key_file = str(tmp_path / "k")
    keeper.operate(wire.Initialize(method="key_file", organization="First", member="Op", key_file=key_file))
    assert keeper.operate(wire.ListCanaries()).items == ()
    keeper.seal()
    found = []
    for _ in range(2):
        keeper = Keeper(tmp_path / "vault")
        keeper.operate(wire.Unseal(key_file=key_file))
        found.append(keeper.operate(wire.ListCanaries()).items)
        keeper.seal()
    assert found[0] == found[1] != ()


def test_decoy_files_are_private_and_come_back_when_they_are_gone(town: Town) -> None:
    paths = [town.folder / canary.thing for canary in live(town) if "." in canary.thing]
    assert len(paths) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    paths[0].unlink()
    town.keeper.look_at_files(0)
    assert len(kinds(town)) == 1
    reopened(town)
    assert all(path.exists() for path in paths)
    assert kinds(town) == []


def reopened(town: Town) -> None:
    town.keeper.seal()
    town.keeper.operate(wire.Unseal(key_file=str(town.folder / "k")))


def test_without_files_there_are_none(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "vault", canaries=CanarySettings(files=False))
    keeper.operate(wire.Initialize(method="key_file", organization="A", member="B", key_file=str(tmp_path / "k")))
    assert {path.name for path in tmp_path.iterdir()} == {"vault", "k"}


def test_a_decoy_collection_waits_for_a_real_one_and_is_placed_by_the_messages_of_any_block(town: Town) -> None:
    town.vault.placing.hurry()
    assert town.ask(wire.NextReseal(anew=True), wire.ResealJob).job_id is None
    enroll(town, town.key_session())
    batch = place(town)
    assert {canary.kind for canary in live(town)} == set(Kind)
    assert one(town, Kind.BLOCK) == batch.block.block_id
    town.vault.placing.hurry()
    assert town.ask(wire.NextReseal(anew=True), wire.ResealJob).job_id is None
    page = town.ask(wire.ListCollections(session=town.key_session()), wire.CollectionPage)
    assert [collection.name for collection in page.items] == ["real"]
    assert alarms(town) == []


def test_a_decoy_that_was_not_stored_is_offered_again(town: Town) -> None:
    enroll(town, town.key_session())
    town.vault.placing.hurry()
    job = town.ask(wire.NextReseal(anew=True), wire.ResealJob)
    town.ask(wire.Reseal(job_id=job.job_id, cells=()), wire.SealedBatch)  # and the server dies over it
    reopened(town)
    town.admin = town.key_session()
    place(town)
    assert len(live(town, Kind.COLLECTION)) == len(live(town, Kind.BLOCK)) == 1


# ---- touches ---------------------------------------------------------------------------------------------------------


def test_every_id_of_a_decoy_is_a_touch_and_the_answer_is_that_of_what_never_was(town: Town) -> None:
    respond(town, "none")
    session = town.key_session()
    enroll(town, session)
    batch = place(town)
    decoy, cell = one(town, Kind.COLLECTION), batch.cells[0]
    tries: list[tuple[str, Callable[[str], wire.Message]]] = [
        ("canary.collection", lambda x: wire.ShowCollection(session=session, collection_id=x or decoy)),
        ("canary.collection", lambda x: wire.ListFaces(session=session, collection_id=x or decoy)),
        ("canary.block", lambda x: wire.ShowFace(session=session, face_id=x or batch.places[0].face_id)),
        ("canary.block", lambda x: wire.ShowPerson(session=session, person_id=x or batch.places[0].person_id)),
        ("canary.block", lambda x: wire.OpenCells(session=session, cells=(cell_named(cell, x),))),
        ("canary.member", lambda x: wire.EndSessions(session=session, member_id=x or one(town, Kind.MEMBER))),
        ("canary.api_key", lambda x: wire.RevokeApiKey(session=session, key_id=x or one(town, Kind.API_KEY))),
    ]
    for kind, message in tries:
        real, never_was = (failure(town, message(x)) for x in ("", "zzz_never_was"))
        assert real == never_was
        (alarm,) = alarms(town)
        assert (alarm.kind, alarm.facts["member"]) == (kind, town.myself(session).member.member_id)
        assert alarm.organization_id == town.myself(session).organization_id


def cell_named(cell: wire.Cell, name: str) -> wire.Cell:
    return msgspec.structs.replace(cell, cell_id=name) if name else cell


def failure(town: Town, message: wire.Message) -> tuple[str, str]:
    with pytest.raises(FacekeepError) as refused:
        town.keeper.serve(message)
    return refused.value.code, refused.value.message


def test_the_decoys_key_is_told_and_refused_like_any_wrong_one(town: Town) -> None:
    key = decoy_key(town)
    wrong = failure(town, wire.Authenticate(untrusted_credential=f"fk_{'a' * 10}_{'b' * 52}"))
    assert failure(town, wire.Authenticate(untrusted_credential=key)) == wrong
    assert kinds(town) == ["canary.api_key"]


def test_a_secret_of_the_old_configuration_is_told_when_it_is_used(town: Town) -> None:
    content = (town.folder / one(town, Kind.CONFIGURATION_SECRET, is_file=True)).read_text()
    town.keeper.look_at_files(0)
    assert kinds(town) == ["canary.configuration_secret"]
    key = content.rpartition("FACEKEEP_API_KEY=")[2].strip()
    assert code_of(town.ask, wire.Authenticate(untrusted_credential=key), wire.SessionOpened) == "unauthenticated"
    assert kinds(town) == ["canary.configuration_secret"]


def test_where_the_policy_is_to_watch_the_key_opens_the_decoy_organization(town: Town) -> None:
    key = decoy_key(town)
    respond(town, "none")
    enroll(town, town.key_session())
    place(town)
    session = town.key_session(key)
    assert kinds(town) == ["canary.api_key"]
    town.ask(wire.ReadLog(session=session, start=0, limit=10), wire.LogPage)
    assert set(kinds(town)) == {"canary.log_entry", "canary.organization"}
    (seen,) = town.ask(wire.ListCollections(session=session), wire.CollectionPage).items
    message = wire.GrantSearch(session=session, collection_ids=(seen.collection_id,), probes=unit("x").tobytes())
    assert code_of(town.ask, message, wire.Grant) == "case_needed"
    assert {"canary.collection", "canary.block"} <= set(kinds(town))


def test_the_operators_door_finds_no_decoy_and_tells(town: Town) -> None:
    org_id = one(town, Kind.ORGANIZATION)
    assert code_of(town.keeper.operate, wire.IssueApiKey(organization_id=org_id)) == "not_found"
    shred = wire.ShredOrganization(organization_id=org_id, expected_name="x")
    assert code_of(town.keeper.operate, shred) == "not_found"
    assert kinds(town) == ["canary.organization"] * 2


def test_a_file_touched_while_the_vault_is_sealed_is_told_at_the_next_opening(town: Town) -> None:
    path = town.folder / one(town, Kind.BACKUP_FILE, is_file=True)
    town.keeper.seal()
    path.read_bytes()
    town.keeper.look_at_files(0)
    town.keeper.operate(wire.Unseal(key_file=str(town.folder / "k")))
    assert kinds(town) == ["canary.backup_file"]
    reopened(town)
    assert kinds(town) == []


def test_a_file_read_while_no_vault_ran_is_told_where_the_file_system_keeps_access_times(town: Town) -> None:
    path = town.folder / one(town, Kind.BACKUP_FILE, is_file=True)
    before = path.stat().st_atime_ns
    town.keeper.seal()
    town.keeper._surroundings.watch.close()
    path.read_bytes()
    keeps_times = path.stat().st_atime_ns != before
    keeper = town.keeper = Keeper(town.folder / "vault")
    keeper.operate(wire.Unseal(key_file=str(town.folder / "k")))
    assert kinds(town) == (["canary.backup_file"] if keeps_times else [])


# ---- responses -------------------------------------------------------------------------------------------------------


def touch(town: Town, session: str) -> None:
    with pytest.raises(FacekeepError):
        town.keeper.serve(wire.EndSessions(session=session, member_id=one(town, Kind.MEMBER)))


def lives(town: Town, session: str) -> bool:
    try:
        town.myself(session)
    except FacekeepError:
        return False
    return True


@pytest.mark.parametrize(
    ("response", "alive"),
    [
        ("none", (True, True, True, True)),
        ("freeze-session", (False, True, True, True)),
        ("freeze-member", (False, False, True, True)),
        ("freeze-organization", (False, False, False, True)),
    ],
)
def test_what_is_stopped_is_what_the_policy_says(town: Town, response: str, alive: tuple[bool, ...]) -> None:
    """Who touched; the same member by another key; a colleague; another organization."""
    colleague, other = town.join(), town.join(town.another_organization())
    member = town.myself(town.admin).member.member_id
    made = town.ask(wire.MakeApiKey(session=town.key_session(), member_id=member, name="two"), wire.ApiKeyMade)
    sessions = [town.key_session(), town.key_session(made.api_key), colleague.session, other.session]
    respond(town, response)
    touch(town, sessions[0])
    assert tuple(lives(town, one) for one in sessions) == alive
    (alarm,) = alarms(town)
    assert alarm.facts["response"] == response


def test_the_policy_to_seal_seals_and_answers_nothing(town: Town) -> None:
    respond(town, "seal")
    message = wire.EndSessions(session=town.admin, member_id=one(town, Kind.MEMBER))
    assert failure(town, message)[0] == "vault_sealed"
    assert failure(town, wire.WhoAmI(session=town.admin))[0] == "vault_sealed"
    closing = town.keeper._closing
    assert closing is not None
    closing.join(10)
    town.keeper.operate(wire.Unseal(key_file=str(town.folder / "k")))
    assert kinds(town) == ["canary.member"]
    assert ("vault.seal", "canary.member") in town.keep_acts()


# ---- drills and replacing --------------------------------------------------------------------------------------------


def test_a_drill_touches_every_kind_is_marked_and_stops_nobody(town: Town) -> None:
    session = town.key_session()
    enroll(town, session)
    place(town)
    touched = town.ask_operator(wire.TestCanaries(), wire.CanaryList).items
    for canary in touched:
        if canary.is_file:
            (town.folder / canary.thing).read_bytes()
    town.keeper.look_at_files(0)
    found = alarms(town)
    assert {alarm.kind for alarm in found} == {f"canary.{kind}" for kind in Kind}
    assert all(alarm.is_drill for alarm in found)
    assert lives(town, session)
    touch(town, session)
    assert [alarm.is_drill for alarm in alarms(town)] == [False]


def test_what_was_replaced_still_gives_away_who_uses_it(town: Town) -> None:
    enroll(town, town.key_session())
    batch = place(town)
    key, old = decoy_key(town), {canary.thing for canary in live(town)}
    town.ask_operator(wire.RotateCanaries(), wire.CanaryList)
    assert not {canary.thing for canary in live(town) if "." not in canary.thing} & old
    assert alarms(town) == []
    assert code_of(town.ask, wire.Authenticate(untrusted_credential=key), wire.SessionOpened) == "unauthenticated"
    (alarm,) = alarms(town)
    assert (alarm.kind, alarm.facts["retired"]) == ("canary.api_key", True)
    garbage = town.ask(wire.GetGarbage(), wire.Garbage)
    assert batch.block.block_id in garbage.block_ids
    assert {cell.cell_id for cell in batch.cells} <= set(garbage.cell_ids)
    assert alarms(town) == []
    place(town)


def test_carrying_out_the_garbage_of_a_replaced_decoy_is_no_touch(town: Town) -> None:
    enroll(town, town.key_session())
    place(town)
    town.ask_operator(wire.RotateCanaries(), wire.CanaryList)
    garbage = town.ask(wire.GetGarbage(), wire.Garbage)
    town.ask(wire.GarbageGone(cell_ids=garbage.cell_ids, block_ids=garbage.block_ids), wire.Done)
    assert alarms(town) == []


def test_a_decoy_that_is_sealed_anew_goes_on_as_one_and_raises_no_alarm(town: Town) -> None:
    enroll(town, town.key_session())
    placed = place(town)
    town.vault.database.run("UPDATE blocks SET has_forgotten = 1 WHERE block_id = ?", placed.block.block_id)
    job = town.ask(wire.NextReseal(anew=True), wire.ResealJob)
    brought = {cell.cell_id: cell for cell in placed.cells}
    cells = tuple(brought[one] for one in job.cell_ids)
    batch = town.ask(wire.Reseal(job_id=job.job_id, cells=cells), wire.SealedBatch)
    town.ask(wire.CommitBatch(session=None, batch_id=batch.batch_id), wire.Done)
    garbage = town.ask(wire.GetGarbage(), wire.Garbage)
    assert placed.block.block_id in garbage.block_ids
    town.ask(wire.GarbageGone(cell_ids=garbage.cell_ids, block_ids=garbage.block_ids), wire.Done)
    assert alarms(town) == []
    assert one(town, Kind.BLOCK) == batch.block.block_id
    town.ask(wire.GarbageGone(cell_ids=(), block_ids=(batch.block.block_id,)), wire.Done)
    assert kinds(town) == ["canary.block"]


def test_an_incident_counts_customers_alone(town: Town) -> None:
    opened = town.keeper.operate(wire.OpenIncident())
    settings = town.ask_operator(wire.ReadSettings(incident_id=opened.incident_id), wire.SettingsRead)
    assert len(settings.customers) == 1


# ---- pieces ----------------------------------------------------------------------------------------------------------


def test_names_are_found_wherever_they_stand_in_a_message() -> None:
    cell = wire.Cell(cell_id="cel_1", kind="crop", ciphertext=bytes(200))
    assert "cel_1" in set(names_in(wire.OpenCells(session="token", cells=(cell,))))
    assert "token" not in set(names_in(wire.OpenCells(session="token", cells=(cell,))))
    assert "abc" in set(names_in(wire.Authenticate(untrusted_credential="fk_abc_def")))
    assertion = wire.Assertion(
        credential_id=b"\x01" * 32, client_data_json=b"{}", authenticator_data=bytes(37), signature=bytes(70)
    )
    assert "01" * 32 in set(names_in(wire.FinishSignIn(ticket=bytes(56), assertion=assertion)))
    assert list(names_in("x" * 1_000)) == []


def test_the_watch_tells_of_opening_moving_and_deleting_and_of_nothing_else(tmp_path: Path) -> None:
    watch, paths = FileWatch(), {name: tmp_path / name for name in ("a", "b", "c", "d")}
    watch.begin()
    for name, path in paths.items():
        path.write_text("x")
        assert watch.add(name, path)
    paths["a"].read_text()
    paths["b"].rename(tmp_path / "moved")
    paths["c"].unlink()
    paths["d"].stat()
    assert watch.touched(1.0) == {"a", "b", "c"}
    started = time.monotonic()
    assert watch.touched(0) == set()
    assert time.monotonic() - started < 5
    watch.close()
    assert watch.touched(0) == set()
    assert not watch.add("a", paths["d"])
