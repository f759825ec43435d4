"""What a vault remembers of its collections stays true through every change, without being read again."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from vault_driver import CONTRACT, EVALUATION, VaultDriver, code_of, running_vault, unit

from facekeep.errors import BadInput, Code
from facekeep.vault import wire
from facekeep.vault.keeper import Keeper
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import Counts, OpenCollection


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultDriver]:
    with running_vault(tmp_path_factory.mktemp("vault")) as driver:
        yield driver


def _counts(vault: VaultDriver, collection: str) -> tuple[int, int]:
    message = wire.ShowCollection(session=vault.session, collection_id=collection)
    view = vault.server.call(message, wire.CollectionShown).collection
    return view.faces, view.persons


def _counts_after_restart(vault: VaultDriver, collection: str) -> tuple[int, int]:
    vault.kill()
    vault.restart()
    return _counts(vault, collection)


def _commit(vault: VaultDriver, batch: wire.SealedBatch) -> None:
    vault.put(batch)
    vault.server.call(wire.CommitBatch(session=vault.session, batch_id=batch.batch_id), wire.Done)


def test_counts_follow_every_change_and_agree_with_counting_anew(vault: VaultDriver) -> None:
    collection = vault.collection("counts", EVALUATION)
    assert _counts(vault, collection) == (0, 0)
    ann, _, ben = vault.enroll(collection, {"Ann": [unit("a1"), unit("a2")], "Ben": [unit("b1")]})
    assert _counts(vault, collection) == (3, 2)
    twins = [vault.seal(collection, {"Twin": [unit(f"t{number}")]}) for number in range(2)]
    for batch in twins:
        _commit(vault, batch)
    assert _counts(vault, collection) == (5, 3)
    (nobody,) = vault.enroll(collection, {"": [unit("n")]})
    message = wire.CreatePerson(session=vault.session, collection_id=collection, name="Faceless")
    _commit(vault, vault.server.call(message, wire.SealedBatch))
    assert _counts(vault, collection) == (6, 5)
    vault.forget(ben.face_id)
    assert _counts(vault, collection) == (5, 5)
    vault.forget(nobody.face_id)
    assert _counts(vault, collection) == (4, 4)
    late = vault.seal(collection, {"Ann": [unit("a3")], "Late": [unit("l")]})
    vault.server.call(wire.ForgetPerson(session=vault.session, person_id=ann.person_id), wire.Forgotten)
    assert _counts(vault, collection) == (2, 3)
    assert code_of(_commit, vault, late) == "not_found"
    assert _counts(vault, collection) == (2, 3)
    vault.housekeep()
    assert _counts(vault, collection) == (2, 3) == _counts_after_restart(vault, collection)


def _opened(folder: Path) -> tuple[Keeper, OpenVault, str]:
    keeper = Keeper(folder / "vault")
    made = keeper.operate(
        wire.Initialize(method="key_file", organization="Org", member="Op", key_file=str(folder / "key"))
    )
    assert isinstance(made, wire.Initialized)
    session = keeper.serve(wire.Authenticate(untrusted_credential=made.api_key))
    assert isinstance(session, wire.SessionOpened)
    assert keeper._open is not None
    return keeper, keeper._open, session.session


def _enrolled(keeper: Keeper, session: str, collection_id: str, *names: str) -> tuple[wire.FacePlace, ...]:
    drafts = tuple(
        wire.FaceDraft(template=unit(name).tobytes(), crop=b"", facts=wire.FaceFacts(), person_name=name)
        for name in names
    )
    batch = keeper.serve(wire.SealFaces(session=session, collection_id=collection_id, faces=drafts))
    keeper.serve(wire.CommitBatch(session=session, batch_id=batch.batch_id))
    return batch.places


def test_a_forget_reads_its_own_block_again_and_no_other(tmp_path: Path) -> None:
    keeper, vault, session = _opened(tmp_path)
    made = keeper.serve(wire.CreateCollection(session=session, name="blocks", contract=CONTRACT))
    collection = vault.shelf.collection(made.collection.collection_id, vault.sessions.caller(session).org_id)
    batches = (("a", "b"), ("c", "d", "e"), ("f",))
    places = [_enrolled(keeper, session, collection.collection_id, *names) for names in batches]
    vault.shelf.stack(collection)
    before = list(collection.blocks.values())
    keeper.serve(wire.ForgetFaces(session=session, face_ids=(places[1][1].face_id,)))
    stack = vault.shelf.stack(collection)
    after = list(collection.blocks.values())
    assert [one.secret is other.secret for one, other in zip(before, after, strict=True)] == [True, False, True]
    assert stack.faces.tolist() == [1, 2, 3, 0, 5, 6]
    assert all(one.faces.base is stack.faces for one in after), "a face is held twice"
    keeper.seal()


def test_counts_are_forgotten_where_a_change_fails() -> None:
    collection = OpenCollection(1, "col", "org", "name", CONTRACT, EVALUATION, b"", b"", "", counts=Counts(5, 3))
    with collection.changing() as change:
        change.add(Counts(2, -1))
    assert collection.counts == Counts(7, 2)
    with suppress(BadInput), collection.changing() as change:
        change.add(Counts(1, 1))
        raise BadInput(Code.NOT_FOUND, "no such face")
    assert collection.counts is None
    with collection.changing() as change:
        change.add(Counts(1, 1))
    assert collection.counts is None
