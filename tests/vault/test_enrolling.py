"""Sealing, committing, listing, forgetting and re-sealing, through a real vault process."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from vault_driver import EVALUATION, VaultDriver, code_of, near, running_vault, unit

from facekeep.sealed.format import parse_block
from facekeep.vault import wire


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultDriver]:
    with running_vault(tmp_path_factory.mktemp("vault")) as driver:
        yield driver


def _open(vault: VaultDriver, *cell_ids: str) -> tuple[bytes, ...]:
    cells = tuple(vault.cells[cell_id] for cell_id in cell_ids)
    return vault.server.call(wire.OpenCells(session=vault.session, cells=cells), wire.OpenedCells).plaintexts


def test_nothing_is_live_before_the_commit(vault: VaultDriver) -> None:
    collection = vault.collection("pending", EVALUATION)
    vault.put(vault.seal(collection, {"a": [unit("a")]}))
    assert vault.search(collection, unit("a")).candidates == ()
    page = vault.server.call(wire.ListFaces(session=vault.session, collection_id=collection), wire.FacePage)
    assert page.items == ()


def test_records_open_for_their_organization(vault: VaultDriver) -> None:
    collection = vault.collection("records", EVALUATION)
    (place,) = vault.enroll(collection, {"Ada Lovelace": [unit("ada")]})
    person, face, crop = _open(vault, place.person_cell, place.face_cell, place.crop_cell)
    assert json.loads(person) == {"name": "Ada Lovelace"}
    assert json.loads(face)["source"] == "album of Ada Lovelace"
    assert crop.startswith(b"\xff\xd8 crop")


def test_a_template_is_never_opened_to_the_server(vault: VaultDriver) -> None:
    collection = vault.collection("no templates", EVALUATION)
    (place,) = vault.enroll(collection, {"t": [unit("t")]})
    assert code_of(_open, vault, place.template_cell) == "not_found"


def test_a_name_finds_its_person_again(vault: VaultDriver) -> None:
    collection = vault.collection("names", EVALUATION)
    (first,) = vault.enroll(collection, {"Grace  Hopper ": [unit("g1")]})
    (second,) = vault.enroll(collection, {"Grace Hopper": [unit("g2")]})
    assert first.person_id == second.person_id


def test_two_batches_that_make_the_same_person_make_one(vault: VaultDriver) -> None:
    collection = vault.collection("twins", EVALUATION)
    first, second = (vault.seal(collection, {"Same Name": [unit(f"s{i}")]}) for i in range(2))
    for batch in (second, first):
        vault.put(batch)
        vault.server.call(wire.CommitBatch(session=vault.session, batch_id=batch.batch_id), wire.Done)
    page = vault.server.call(wire.ListPersons(session=vault.session, collection_id=collection), wire.PersonPage)
    assert [person.faces for person in page.items] == [2]
    assert json.loads(_open(vault, page.items[0].person_cell)[0]) == {"name": "Same Name"}


def test_a_person_can_exist_without_a_face_but_not_twice(vault: VaultDriver) -> None:
    collection = vault.collection("persons", EVALUATION)
    message = wire.CreatePerson(session=vault.session, collection_id=collection, name="Nobody Yet")
    batch = vault.server.call(message, wire.SealedBatch)
    vault.put(batch)
    vault.server.call(wire.CommitBatch(session=vault.session, batch_id=batch.batch_id), wire.Done)
    assert code_of(vault.server.call, message, wire.SealedBatch) == "conflict"


def test_pages_follow_each_other_without_gap(vault: VaultDriver) -> None:
    collection = vault.collection("pages", EVALUATION)
    places = vault.enroll(collection, {f"p{i}": [unit(f"p{i}")] for i in range(7)})
    seen: list[str] = []
    cursor = ""
    while True:
        message = wire.ListFaces(session=vault.session, collection_id=collection, cursor=cursor, limit=3)
        page = vault.server.call(message, wire.FacePage)
        seen += [place.face_id for place in page.items]
        if not (cursor := page.next_cursor):
            break
    assert seen == [place.face_id for place in places]


def test_a_page_goes_on_where_its_last_face_was_forgotten_meanwhile(vault: VaultDriver) -> None:
    collection = vault.collection("pages and forgetting", EVALUATION)
    places = vault.enroll(collection, {f"p{i}": [unit(f"p{i}")] for i in range(6)})

    def page(cursor: str) -> wire.FacePage:
        message = wire.ListFaces(session=vault.session, collection_id=collection, cursor=cursor, limit=3)
        return vault.server.call(message, wire.FacePage)

    first = page("")
    vault.forget(places[2].face_id)
    assert [place.face_id for place in page(first.next_cursor).items] == [place.face_id for place in places[3:]]


def test_a_cursor_of_another_listing_is_refused(vault: VaultDriver) -> None:
    mine, other = (vault.collection(f"cursor {i}", EVALUATION) for i in range(2))
    vault.enroll(mine, {"a": [unit("a")]})
    message = wire.ListFaces(session=vault.session, collection_id=mine, limit=1)
    cursor = vault.server.call(message, wire.FacePage).next_cursor
    for wrong in (cursor[:-4] + "AAAA", "x", "é", "A" * 48):
        again = wire.ListFaces(session=vault.session, collection_id=mine, cursor=wrong)
        assert code_of(vault.server.call, again, wire.FacePage) == "invalid_request"
    elsewhere = wire.ListFaces(session=vault.session, collection_id=other, cursor=cursor)
    assert code_of(vault.server.call, elsewhere, wire.FacePage) == "invalid_request"


def test_an_idempotency_key_recalls_its_answer_and_refuses_another_request(vault: VaultDriver) -> None:
    collection = vault.collection("idempotent", EVALUATION)
    batch = vault.seal(collection, {"i": [unit("i")]})
    vault.put(batch)
    remember = wire.Remember(key="once", request_digest=b"1" * 32, response=b'{"ok":1}')
    vault.server.call(
        wire.CommitBatch(session=vault.session, batch_id=batch.batch_id, remember=remember), wire.Done
    )
    recall = wire.RecallAnswer(session=vault.session, key="once", request_digest=b"1" * 32)
    assert vault.server.call(recall, wire.Recalled).response == b'{"ok":1}'
    other = wire.RecallAnswer(session=vault.session, key="once", request_digest=b"2" * 32)
    assert code_of(vault.server.call, other, wire.Recalled) == "idempotency_mismatch"


def test_forgetting_takes_the_face_out_at_once_and_reseals_the_rest(vault: VaultDriver) -> None:
    collection = vault.collection("forgetting", EVALUATION)
    places = vault.enroll(collection, {f"f{i}": [unit(f"f{i}")] for i in range(5)})
    old = set(vault.blocks)
    vault.server.call(wire.ForgetFaces(session=vault.session, face_ids=(places[2].face_id,)), wire.Forgotten)
    found = vault.search(collection, unit("f2"), top_k=5).candidates
    assert places[2].face_id not in [one.place.face_id for one in found]
    assert vault.housekeep(after_forget_only=True) == 1
    assert len(set(vault.blocks) - old) == 1
    assert {places[i].face_cell for i in (0, 1, 3, 4)} <= set(vault.cells)
    assert not {places[2].face_cell, places[2].template_cell, places[2].crop_cell} & set(vault.cells)
    assert vault.search(collection, unit("f4")).candidates[0].place.face_id == places[4].face_id


def test_a_forgotten_record_opens_no_more_even_from_a_kept_copy(vault: VaultDriver) -> None:
    collection = vault.collection("kept copy", EVALUATION)
    (place,) = vault.enroll(collection, {"k": [unit("k")]})
    copy = vault.cells[place.crop_cell]
    vault.forget(place.face_id)
    message = wire.OpenCells(session=vault.session, cells=(copy,))
    assert code_of(vault.server.call, message, wire.OpenedCells) == "not_found"


def test_a_survivor_that_the_store_lost_stops_the_resealing_but_not_the_forgetting(vault: VaultDriver) -> None:
    collection = vault.collection("lost survivor", EVALUATION)
    gone, kept = vault.enroll(collection, {"gone": [unit("gone")], "kept": [unit("kept")]})
    vault.server.call(wire.ForgetFaces(session=vault.session, face_ids=(gone.face_id,)), wire.Forgotten)
    job = vault.next_job()
    message = wire.Reseal(job_id=job.job_id or "", cells=())
    assert code_of(vault.server.call, message, wire.SealedBatch) == "cell_missing"
    assert [one.place.face_id for one in vault.search(collection, unit("gone")).candidates] == [kept.face_id]
    vault.housekeep()


def _with_a_forgotten_face(vault: VaultDriver, name: str) -> str:
    """A collection with one block that is due to be sealed anew; no other is due."""
    vault.housekeep()
    collection = vault.collection(name, EVALUATION)
    gone, _ = vault.enroll(collection, {"gone": [unit("gone")], "kept": [unit("kept")]})
    vault.server.call(wire.ForgetFaces(session=vault.session, face_ids=(gone.face_id,)), wire.Forgotten)
    return collection


def _reseal(vault: VaultDriver, job: wire.ResealJob) -> wire.SealedBatch:
    cells = tuple(vault.cells[cell_id] for cell_id in job.cell_ids)
    return vault.server.call(wire.Reseal(job_id=job.job_id or "", cells=cells), wire.SealedBatch)


def test_a_job_that_did_not_come_back_is_handed_out_again_to_the_next_round_only(vault: VaultDriver) -> None:
    _with_a_forgotten_face(vault, "killed server")
    lost = vault.next_job(anew=True)
    assert lost.job_id is not None
    assert vault.next_job().job_id is None
    again = vault.next_job(anew=True)
    assert again.cell_ids == lost.cell_ids
    assert again.job_id != lost.job_id
    assert vault.housekeep() == 1


@pytest.mark.parametrize("brought", ["nothing", "altered"])
def test_a_job_that_fails_is_not_handed_out_again_within_its_round(vault: VaultDriver, brought: str) -> None:
    collection = _with_a_forgotten_face(vault, f"failing job, {brought}")
    job = vault.next_job(anew=True)
    (whole,) = (vault.cells[cell_id] for cell_id in job.cell_ids)
    altered = wire.Cell(whole.cell_id, whole.kind, whole.ciphertext[:-1] + bytes([whole.ciphertext[-1] ^ 1]))
    message = wire.Reseal(job_id=job.job_id or "", cells=(altered,) if brought == "altered" else ())
    expected = "cell_altered" if brought == "altered" else "cell_missing"
    assert code_of(vault.server.call, message, wire.SealedBatch) == expected
    assert vault.next_job().job_id is None
    assert vault.housekeep() == 1
    assert len(vault.search(collection, unit("kept")).candidates) == 1


def test_a_round_of_another_server_takes_jobs_over_and_the_first_to_commit_wins(vault: VaultDriver) -> None:
    collection = _with_a_forgotten_face(vault, "two servers")
    mine = vault.next_job(anew=True)
    theirs = vault.next_job(anew=True)
    assert code_of(_reseal, vault, mine) == "not_found"
    late = _reseal(vault, theirs)
    assert vault.housekeep() == 1
    vault.put(late)
    commit = wire.CommitBatch(session=None, batch_id=late.batch_id)
    assert code_of(vault.server.call, commit, wire.Done) == "stale"
    assert late.block is not None
    assert late.block.block_id in vault.collect_garbage().block_ids
    assert vault.next_job(anew=True).job_id is None
    assert [one.place.person_id for one in vault.search(collection, unit("kept")).candidates]


def test_small_blocks_are_merged_under_a_fresh_secret(vault: VaultDriver) -> None:
    collection = vault.collection("small blocks", EVALUATION)
    places = [vault.enroll(collection, {f"s{i}": [unit(f"s{i}")]})[0] for i in range(20)]
    assert vault.housekeep() >= 1
    grant = vault.grant([collection], unit("s3").reshape(1, -1))
    assert len(grant.blocks) <= 16
    assert sum(block.slots for block in grant.blocks) == 20
    found = vault.open(grant, vault.scan(grant)).lists[0].candidates
    assert found[0].place.face_id == places[3].face_id


def test_a_block_file_names_nobody(vault: VaultDriver) -> None:
    collection = vault.collection("header", EVALUATION)
    vault.enroll(collection, {"Named Person": [unit("n")]})
    (block,) = vault.grant([collection], unit("n").reshape(1, -1)).blocks
    header, columns = parse_block(vault.blocks[block.block_id])
    assert (header.dimension, columns.shape) == (128, (128, 1))
    assert b"Named" not in vault.blocks[block.block_id]


def test_blocks_of_one_collection_and_of_two_look_alike(vault: VaultDriver) -> None:
    collections = [vault.collection(f"alike {n}", EVALUATION) for n in (1, 2)]
    for collection in (*collections, collections[0]):
        vault.enroll(collection, {"p": [unit("p")]})
    blocks = vault.grant(collections, unit("p").reshape(1, -1)).blocks
    headers = [parse_block(vault.blocks[one.block_id])[0] for one in blocks]
    assert len({replace(header, block_id=headers[0].block_id) for header in headers}) == 1
    for collection in collections:
        assert all(collection.encode() not in vault.blocks[one.block_id] for one in blocks)


def test_a_deleted_collection_is_not_found_and_its_cells_are_garbage(vault: VaultDriver) -> None:
    collection = vault.collection("doomed", EVALUATION)
    places = vault.enroll(collection, {"d": [unit("d"), near(unit("d"), "e", 0.5)]})
    forgotten = vault.server.call(
        wire.DeleteCollection(session=vault.session, collection_id=collection), wire.Forgotten
    )
    assert forgotten.faces == 2
    show = wire.ShowCollection(session=vault.session, collection_id=collection)
    assert code_of(vault.server.call, show, wire.CollectionShown) == "not_found"
    assert places[0].crop_cell in vault.collect_garbage().cell_ids


def test_a_photo_is_refused_where_none_is_kept(vault: VaultDriver) -> None:
    collection = vault.collection("no photos")
    draft = wire.FaceDraft(template=unit("a").tobytes(), crop=b"c", facts=wire.FaceFacts(), photo=0)
    message = wire.SealFaces(session=vault.session, collection_id=collection, faces=(draft,), photos=(b"jpeg",))
    assert code_of(vault.server.call, message, wire.SealedBatch) == "invalid_request"


def test_only_an_evaluation_collection_loosens_its_protections(vault: VaultDriver) -> None:
    for policy in (wire.Policy(score_floor=0.0), wire.Policy(exposure_limit=99), wire.Policy(score_step=0.001)):
        assert code_of(vault.collection, "loose", policy) == "invalid_request"


def test_every_act_leaves_an_entry_and_the_numbers_have_no_gap(vault: VaultDriver) -> None:
    entries = vault.log()
    assert [entry.entry for entry in entries] == list(range(len(entries)))
    acts = {entry.act for entry in entries}
    assert {"collection.create", "face.enroll", "faces.enrolled"} <= acts
    assert {"record.open", "search.ask", "search.released"} <= acts
    refused = [entry for entry in entries if entry.outcome == "not_found"]
    assert refused
    assert refused[0].facts["asked"] is not None
