import msgspec
import pytest
from vault_driver import VaultDriver, running_vault, unit

from facekeep.ledger.leaf import pad_entry
from facekeep.vault import wire
from facekeep.vault.keys import fresh_id
from facekeep.vault.log_entries import LogRecord
from facekeep.vault.naming import IDS_AN_ENTRY, naming


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory):
    with running_vault(tmp_path_factory.mktemp("naming")) as driver:
        yield driver


def test_every_id_is_named_once_in_as_many_entries_as_it_takes() -> None:
    faces = [fresh_id("fac") for _ in range(2 * IDS_AN_ENTRY + 1)]
    said = naming("faces.listed", {"collection": "col_1"}, {"faces": [*faces, faces[0]]})
    assert [one for _, facts in said for one in str(facts["faces"]).split()] == faces
    assert {facts["collection"] for _, facts in said} == {"col_1"}
    assert len(said) == 3
    assert naming("faces.listed", {}, {"faces": []}) == [("faces.listed", {})]


def test_the_longest_entry_that_names_something_fits_a_leaf() -> None:
    common = {"by": fresh_id("mem"), "session": fresh_id("ses"), "standing": fresh_id("sta"), "case": fresh_id("cas")}
    ids = {fact: [fresh_id("fac") for _ in range(5)] for fact in ("names", "provenance", "templates", "photos")}
    ((act, facts),) = naming("search.released_faces", common, ids)
    record = LogRecord(2**60, "2026-01-01T00:00:00.000Z", fresh_id("pas"), act, "budget_exhausted", facts)
    pad_entry(msgspec.msgpack.encode(record))


def _named(driver: VaultDriver, act: str, fact: str, start: int) -> list[str]:
    found = (one for one in driver.log() if one.act == act and one.entry >= start)
    return [each for one in found for each in str(one.facts.get(fact, "")).split()]


def test_what_is_opened_listed_enrolled_and_forgotten_is_named(vault: VaultDriver) -> None:
    collection = vault.collection("named")
    start = len(vault.log())
    places = vault.enroll(collection, {f"Pia {n}": [unit(f"p{n}")] for n in range(30)})
    assert _named(vault, "faces.enrolled_ids", "faces", start) == [one.face_id for one in places]
    assert len(_named(vault, "faces.enrolled_ids", "persons", start)) == 30
    page = vault.server.call(
        wire.ListFaces(session=vault.session, collection_id=collection, limit=25), wire.FacePage
    )
    assert _named(vault, "faces.listed", "faces", start) == [one.face_id for one in page.items]
    cells = [vault.cells[places[0].crop_cell], vault.cells[places[1].face_cell], vault.cells[places[2].person_cell]]
    vault.server.call(wire.OpenCells(session=vault.session, cells=tuple(cells)), wire.OpenedCells)
    assert _named(vault, "record.opened", "crops", start) == [places[0].face_id]
    assert _named(vault, "record.opened", "provenance", start) == [places[1].face_id]
    assert _named(vault, "record.opened", "names", start) == [places[2].person_id]
    vault.forget(places[4].face_id, places[5].face_id)
    assert _named(vault, "faces.forgotten_ids", "faces", start) == [places[4].face_id, places[5].face_id]


def test_a_photo_is_every_face_that_is_on_it(vault: VaultDriver) -> None:
    collection = vault.collection("photos", wire.Policy(case_required=False, keep_photos=True))
    drafts = tuple(
        wire.FaceDraft(template=unit(name).tobytes(), crop=b"crop", facts=wire.FaceFacts(source="s"), photo=0)
        for name in ("left", "right")
    )
    message = wire.SealFaces(session=vault.session, collection_id=collection, faces=drafts, photos=(b"photo",))
    batch = vault.server.call(message, wire.SealedBatch)
    vault.put(batch)
    vault.server.call(wire.CommitBatch(session=vault.session, batch_id=batch.batch_id), wire.Done)
    start = len(vault.log())
    cell = vault.cells[batch.places[0].photo_cell or ""]
    vault.server.call(wire.OpenCells(session=vault.session, cells=(cell,)), wire.OpenedCells)
    assert set(_named(vault, "record.opened", "photos", start)) == {one.face_id for one in batch.places}


def test_every_entry_of_a_session_names_it_and_another_session_has_another_name(vault: VaultDriver) -> None:
    start = len(vault.log())
    vault.collection("first")
    vault.sign_in()
    vault.collection("second")
    told = [one.facts["session"] for one in vault.log() if one.entry >= start and one.act == "collection.create"]
    assert len(set(told)) == 2
    assert all(str(one).startswith("ses_") for one in told)
    assert len({one.facts["by"] for one in vault.log() if one.entry >= start}) == 1


def test_a_search_of_many_collections_names_every_one(vault: VaultDriver) -> None:
    made = [vault.collection(f"one of many {number}") for number in range(30)]
    start = len(vault.log())
    vault.grant(made, unit("probe").reshape(1, -1))
    asked, granted = (_named(vault, act, "collections", start) for act in ("search.ask", "search.granted"))
    assert asked + granted == made
    vault.grant(made[:8], unit("probe").reshape(1, -1))
    assert len(_named(vault, "search.granted", "collections", start)) == 22
